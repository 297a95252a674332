import { isRoomy, safePx, UNIT_EM, UNIT_GAP_EM } from "../../grid.ts";
import { assumedPanel, fontPx, leastModulePx, type Panel, sizesOf } from "../../panel.ts";
import type { Settings } from "./kiosk-requests.ts";

/** How much larger type is where the customer asks for it, if there is room. */
export const LARGE_TYPE = 1.4;

/** Height of the head, in font sizes. */
const HEAD_EM = { roomy: 1.3, tight: 1.06 };
/** Height of what is to be touched at the foot: of two lines, so that a long word makes it no higher. */
const TWO_LINES_EM = 2.1;
const BORDERS_PX = 8;
/** Of the smallest thing to touch: so much higher it may be for that on a small screen. */
const SOME_MORE = 1.15;

/** The panel as this window fills it, in its own pixels, however it is turned. */
function panelOf({ panel, readingDistanceMm }: Settings): Panel {
  const widthPx = innerWidth * devicePixelRatio;
  const heightPx = innerHeight * devicePixelRatio;
  if (panel === null) return assumedPanel(widthPx, heightPx);
  const isTurned = widthPx > heightPx !== panel.widthMm > panel.heightMm;
  const [widthMm, heightMm] = isTurned ? [panel.heightMm, panel.widthMm] : [panel.widthMm, panel.heightMm];
  return { widthPx, heightPx, widthMm, heightMm, readingDistanceMm };
}

/** Sets the smallest font sizes that the customer's eye allows; a screen grows from there. */
export function setSizes(settings: Settings, isLarge: boolean): void {
  const sizes = sizesOf(panelOf(settings));
  const { style } = document.documentElement;
  const cssPx = (heightPx: number): string => `${(fontPx(heightPx) / devicePixelRatio) * (isLarge ? LARGE_TYPE : 1)}px`;
  style.setProperty("--text", cssPx(sizes.textPx));
  style.setProperty("--figure", cssPx(sizes.figurePx));
  style.setProperty("--target", `${sizes.targetPx}px`);
  style.setProperty("--unit", `${UNIT_EM}em`);
  style.setProperty("--unit-gap", `${UNIT_GAP_EM}em`);
  const shorterPx = Math.min(innerWidth, innerHeight);
  const textPx = fontPx(sizes.textPx) / devicePixelRatio;
  const hasRoom = isRoomy(shorterPx, textPx);
  // Where type takes most of a screen, its margin is half as wide; the same on all its screens.
  // The head is the same for those who have asked for large type: it is on every screen.
  style.setProperty("--who", `${textPx}px`);
  style.setProperty("--safe", `${safePx(shorterPx, textPx)}px`);
  style.setProperty("--head", `${Math.round(textPx * (hasRoom ? HEAD_EM.roomy : HEAD_EM.tight))}px`);
  const twoLinesPx = Math.round(textPx * TWO_LINES_EM + BORDERS_PX);
  const isForTwo = hasRoom || twoLinesPx <= sizes.targetPx * SOME_MORE;
  style.setProperty("--foot", `${Math.max(sizes.targetPx, isForTwo ? twoLinesPx : 0)}px`);
}

export function leastModuleOf(settings: Settings, modules: number): number {
  return leastModulePx(panelOf(settings), modules);
}
