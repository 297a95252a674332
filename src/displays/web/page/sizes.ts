import { fontPx, leastModulePx, type Panel, sizesOf } from "../../panel.ts";
import type { Settings } from "./kiosk-requests.ts";

/** Of CSS, which takes 96 pixels for an inch. */
const PX_PER_MM = 96 / 25.4;
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
  const sizes = sizesOf(panelOf(settings));
  const { style } = document.documentElement;
  const cssPx = (heightPx: number): string => `${(fontPx(heightPx) / devicePixelRatio) * (isLarge ? LARGE_TYPE : 1)}px`;
  style.setProperty("--text", cssPx(sizes.textPx));
  style.setProperty("--figure", cssPx(sizes.figurePx));
  style.setProperty("--target", `${sizes.targetPx}px`);
}

export function leastModuleOf(settings: Settings, modules: number): number {
  return leastModulePx(panelOf(settings), modules);
}
