import { leastModulePx, type Panel, type Sizes, sizesOf } from "../../../core/panel.ts";
import type { Settings } from "./kiosk-requests.ts";

/** Of CSS, which takes 96 pixels for an inch. */
const PX_PER_MM = 96 / 25.4;
/** Height of a capital letter of the font, as a share of its size; its digits are a little taller. */
const CAPITAL_EM = 0.668;
/** How much larger type is where the customer asks for it, if there is room. */
export const LARGE_TYPE = 1.4;

/** The panel as this window fills it, in its own pixels, however it is turned. */
function panelOf({ panel, readingDistanceMm }: Settings): Panel {
  const widthPx = innerWidth * devicePixelRatio;
  const heightPx = innerHeight * devicePixelRatio;
  if (panel === null) {
    return { widthPx, heightPx, widthMm: innerWidth / PX_PER_MM, heightMm: innerHeight / PX_PER_MM, readingDistanceMm };
  }
  const isTurned = widthPx > heightPx !== panel.widthMm > panel.heightMm;
  const [widthMm, heightMm] = isTurned ? [panel.heightMm, panel.widthMm] : [panel.widthMm, panel.heightMm];
  return { widthPx, heightPx, widthMm, heightMm, readingDistanceMm };
}

/** Sets the smallest font sizes that the customer's eye allows; a screen grows from there. */
export function setSizes(settings: Settings, isLarge: boolean): void {
  const sizes: Sizes = sizesOf(panelOf(settings));
  const { style } = document.documentElement;
  const fontPx = (heightPx: number): string =>
    `${((heightPx / CAPITAL_EM / devicePixelRatio) * (isLarge ? LARGE_TYPE : 1)).toFixed(2)}px`;
  style.setProperty("--text", fontPx(sizes.textPx));
  style.setProperty("--figure", fontPx(sizes.figurePx));
  style.setProperty("--target", `${sizes.targetPx}px`);
}

export function leastModuleOf(settings: Settings, modules: number): number {
  return leastModulePx(panelOf(settings), modules);
}
