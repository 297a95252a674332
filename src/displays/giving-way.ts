import type { Figure, ScreenKind } from "./screen.ts";

/**
 * A screen that is too small for all of it gives up something, of the least use first, before its type becomes smaller
 * than its reader needs. Here stands from which level on it does without what; what is not named always stays.
 */
export const LEVELS = 10;
/** The page arranges the barest screens more closely than the framebuffer can, and never needs the last. */
export const PAGE_LEVELS = 9;

const UNTIL = {
  /** On the framebuffer: a line of its own for who, back and language; then these stand with the other buttons. */
  header: 4,
  /** The word on the button back; its sign stays. */
  back: 1,
  kioskName: 2,
  languageName: 2,
  /** Above the amounts to choose from. */
  upTo: 2,
  detailWhenAsked: 2,
  steps: 3,
  titleWhenAsked: 3,
  /** Wide gaps, margins and lines, larger titles, and buttons for how the screen looks. */
  air: 3,
  place: 3,
  /** Those that only adorn. */
  pictures: 4,
  /** The words beside the share. */
  used: 4,
  /** Beside the pictures of high contrast and large type, where they stand with the languages. */
  lookName: 4,
  timeLabel: 4,
  boardTitle: 5,
  tileValue: 6,
  question: 6,
  /** On buttons with a word, and where something is awaited. */
  smallPictures: 6,
  share: 6,
  /** What is under review is found by its receipt, and helped by whom to ask. */
  detailOfReview: 6,
  tilePrice: 7,
  /** The word on the button that cancels; its sign stays. */
  cancel: 7,
  titleBesideCorner: 7,
  /** On the page, where the product has a line of its own; price and amounts say it. */
  titleOfChoice: 8,
  /** Its reference stays. */
  receipt: 7,
  tileProduct: 8,
  dismissWhenAsked: 8,
  /** Terms and time, while a press is refused. */
  restWhenRefused: 8,
  /** On the choices: the unit price has it too. */
  currency: 9,
  language: 9,
} as const;

type OnScreen =
  | `${"title" | "detail" | "terms"} ${ScreenKind}`
  | `${"figure" | "label"} ${ScreenKind} ${Figure["role"]}`;

const UNTIL_ON_SCREEN: Readonly<Partial<Record<OnScreen, number>>> = {
  "detail scan": 1,
  "label choose unit-price": 2,
  "label scan unit-price": 3,
  "label confirm unit-price": 3,
  "label begin unit-price": 3,
  "label live amount": 4,
  "label live quantity": 4,
  "label live unit-price": 4,
  "terms scan": 5,
  "detail choose": 5,
  "detail begin": 5,
  "detail busy": 5,
  "figure paid quantity": 5,
  "figure busy quantity": 5,
  "detail confirm": 7,
  "label busy reference": 8,
  "label ended reference": 8,
  "label paid reference": 8,
  "figure begin unit-price": 9,
  "figure confirm unit-price": 9,
  "figure scan unit-price": 9,
  "figure ended reserved": 9,
  "label begin reserved": 9,
  "label confirm reserved": 9,
  "label paid amount": 9,
  "label scan reserved": 9,
  "title live": 9,
  "title choose": 9,
  "title out-of-service": 9,
  "title paid": 9,
  "title scan": 9,
};

const ALL: Readonly<Record<string, number | undefined>> = { ...UNTIL, ...UNTIL_ON_SCREEN };

type Part = keyof typeof UNTIL | OnScreen;

/** From which level on a screen does without it; undefined for what always stays. */
export function untilOf(part: Part): number | undefined {
  return ALL[part];
}

/** Whether a screen of one level has something. */
export type Has = (part: Part) => boolean;

export function hasAt(level: number): Has {
  return (part) => level < (untilOf(part) ?? LEVELS);
}
