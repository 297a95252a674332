import { readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";

export type Depth = "RGB565" | "XRGB8888";

/** What of the framebuffer's memory is seen, and how a pixel lies in it. */
export interface Geometry {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly depth: Depth;
  readonly strideBytes: number;
  /** Where the visible picture begins. */
  readonly offsetBytes: number;
}

const DEPTHS: Readonly<Record<number, Depth>> = { 16: "RGB565", 32: "XRGB8888" };
const LEAST_PX = 240;
const MOST_PX = 7680;

export function bytesPerPixel(depth: Depth): number {
  return depth === "RGB565" ? 2 : 4;
}

/**
 * Reads it from `<sysfs>/<name of the device>/`, as the kernel's drivers/video/fbdev/core/fbsysfs.c writes it.
 * Rejects with what is wrong with it when it cannot be drawn on.
 */
export async function readGeometry(device: string, sysfs: string): Promise<Geometry> {
  const folder = join(sysfs, basename(await realpath(device)));
  const read = async (name: string): Promise<string> => (await readFile(join(folder, name), "utf8")).trim();
  const optional = (name: string): Promise<string> => read(name).catch(() => "");

  const virtual = numbersIn(await read("virtual_size"), 2, `${folder}/virtual_size`);
  const [bits = 0] = numbersIn(await read("bits_per_pixel"), 1, `${folder}/bits_per_pixel`);
  const [strideBytes = 0] = numbersIn(await read("stride"), 1, `${folder}/stride`);
  const depth = DEPTHS[bits];
  if (depth === undefined) {
    throw new Error(
      `${folder}: ${bits} bits a pixel; expected 16 or 32: set the depth in the kernel's video= argument.`,
    );
  }
  const [widthPx, heightPx] = visibleOf(virtual, (await optional("mode")) || (await optional("modes")));
  const tooSmall = Math.min(widthPx, heightPx) < LEAST_PX;
  if (tooSmall || Math.max(widthPx, heightPx) > MOST_PX) {
    throw new Error(`${folder}: ${widthPx}x${heightPx} pixels; expected sides of ${LEAST_PX} to ${MOST_PX}.`);
  }
  if (strideBytes % bytesPerPixel(depth) !== 0 || strideBytes < widthPx * bytesPerPixel(depth)) {
    throw new Error(`${folder}: a line of ${strideBytes} bytes does not hold ${widthPx} pixels of ${bits} bits.`);
  }
  const [panX = 0, panY = 0] = (await optional("pan")).split(",").map(Number);
  const offsetBytes = panY * strideBytes + panX * bytesPerPixel(depth);
  return { widthPx, heightPx, depth, strideBytes, offsetBytes: Number.isSafeInteger(offsetBytes) ? offsetBytes : 0 };
}

/** A driver that draws into one half while the other is seen has twice the height; its mode names what is seen. */
function visibleOf([width = 0, height = 0]: readonly number[], modes: string): readonly [number, number] {
  const [, modeWidth, modeHeight] = /(\d+)x(\d+)/.exec(modes) ?? [];
  const fits = Number(modeWidth) <= width && Number(modeHeight) <= height;
  return fits ? [Number(modeWidth), Number(modeHeight)] : [width, height];
}

function numbersIn(text: string, count: number, where: string): readonly number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.length === count && numbers.every((value) => Number.isSafeInteger(value) && value > 0)) return numbers;
  throw new Error(`${where}: "${text.slice(0, 40)}"; expected ${count === 1 ? "a number" : "width,height"} above 0.`);
}
