/** The scale of type, of the smallest that the panel asks for: page and framebuffer take the largest of these that stands. */
export const TYPE_STEPS: readonly number[] = [1, 1.15, 1.35, 1.6, 1.9, 2.25, 2.7, 3.2, 3.8, 4.5, 5.4, 6.4, 8];

/** The unit beside its number, in font sizes of the number; never smaller than text. */
export const UNIT_EM = 0.56;

/** Between a number and its unit, in font sizes of the number. */
export const UNIT_GAP_EM = 0.14;

/** Of the shorter side: what nothing crosses. */
const SAFE_SHARE = { roomy: 0.05, tight: 0.02 };
/** Up to this share of the shorter side text leaves room for wide margins. */
const ROOMY_SHARE = 0.085;

/** Whether text of this font size leaves room for wide margins. */
export function isRoomy(shorterPx: number, textFontPx: number): boolean {
  return textFontPx <= shorterPx * ROOMY_SHARE;
}

/** The margin, the same on all screens of a panel, in the pixels of its arguments. */
export function safePx(shorterPx: number, textFontPx: number): number {
  return Math.round(shorterPx * SAFE_SHARE[isRoomy(shorterPx, textFontPx) ? "roomy" : "tight"]);
}

/** A number, and what stands before and after it: currency and unit, as the language has them. */
interface FigureParts {
  readonly before: string;
  readonly number: string;
  readonly after: string;
}

const NUMBER = /^(\D*)([\d](?:[\d.,\s'’]*\d)?)(.*)$/s;

export function figureParts(text: string): FigureParts {
  const [, before = "", number = text, after = ""] = NUMBER.exec(text) ?? [];
  return { before: before.trim(), number, after: after.trim() };
}
