import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Canvas } from "@napi-rs/canvas";

export type Weight = 400 | 700;

/** Widths as parts of the font's size. */
export interface Typeface {
  /** Every digit counts as the widest, so that nothing moves when only digits change. */
  widthEm(text: string, weight: Weight): number;
}

export interface Drawing extends Typeface {
  canvas(widthPx: number, heightPx: number): Canvas;
}

type CanvasPackage = typeof import("@napi-rs/canvas");

/** The second has the letters that the first lacks. */
export const FONT = "Kiosk, KioskMore";
const FAMILIES = [
  ["latin", "Kiosk"],
  ["latin-ext", "KioskMore"],
] as const;

const WEIGHTS: readonly Weight[] = [400, 700];
const MEASURED_PX = 1000;
const REMEMBERED = 2_000;

/** Rejects with what to install when there is nothing to draw with. */
export async function loadDrawing(
  load: () => Promise<CanvasPackage> = () => import("@napi-rs/canvas"),
): Promise<Drawing> {
  const { createCanvas, GlobalFonts } = await load().catch((error: unknown) => {
    throw new Error(
      "display.driver: framebuffer draws with the package @napi-rs/canvas, which cannot be loaded: " +
        "run `npm install @napi-rs/canvas` in the daemon's folder, or choose the driver web or terminal.",
      { cause: error },
    );
  });
  for (const weight of WEIGHTS) {
    for (const [letters, family] of FAMILIES) {
      const path = fontPath(`noto-sans-${letters}-${weight}-normal.woff2`);
      if (GlobalFonts.registerFromPath(path, family) === null) throw new Error(`${path}: expected a font in woff2.`);
    }
  }
  const context = createCanvas(1, 1).getContext("2d");
  const widths = new Map<string, number>();
  return {
    canvas: createCanvas,
    widthEm: (text, weight) => {
      const key = `${weight}${text.replace(/\d/g, "0")}`;
      const known = widths.get(key);
      if (known !== undefined) return known;
      context.font = `${weight} ${MEASURED_PX}px ${FONT}`;
      const width = context.measureText(key.slice(3)).width / MEASURED_PX;
      if (widths.size >= REMEMBERED) widths.clear();
      widths.set(key, width);
      return width;
    },
  };
}

/** Beside the built module, or in the package when run from source. */
function fontPath(name: string): string {
  const built = fileURLToPath(new URL(`../fonts/${name}`, import.meta.url));
  if (existsSync(built)) return built;
  try {
    return createRequire(import.meta.url).resolve(`@fontsource/noto-sans/files/${name}`);
  } catch (error) {
    throw new Error(`${built}: the font is missing; build the daemon anew (npm run build).`, { cause: error });
  }
}
