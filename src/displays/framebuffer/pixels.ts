import { bytesPerPixel, type Geometry } from "./geometry.ts";

/** What the device's memory must hold to show a picture; the bytes of a line beyond its pixels stay 0. */
export function frameBuffer({ heightPx, strideBytes }: Geometry): Uint8Array<ArrayBuffer> {
  return new Uint8Array(heightPx * strideBytes);
}

/** Fills a frame from pixels of four bytes (red, green, blue, alpha), lines without gaps. Little endian, as the kernel's. */
export function fillFrame(frame: Uint8Array<ArrayBuffer>, rgba: Uint8Array, geometry: Geometry): void {
  const { widthPx, heightPx, depth, strideBytes } = geometry;
  const source = new Uint32Array(rgba.buffer, rgba.byteOffset, widthPx * heightPx);
  const target = depth === "RGB565" ? new Uint16Array(frame.buffer) : new Uint32Array(frame.buffer);
  const pixelOf = depth === "RGB565" ? rgb565 : xrgb8888;
  const strideUnits = strideBytes / bytesPerPixel(depth);
  for (let row = 0; row < heightPx; row++) {
    const from = row * widthPx;
    const to = row * strideUnits;
    for (let column = 0; column < widthPx; column++) target[to + column] = pixelOf(source[from + column] ?? 0);
  }
}

function rgb565(abgr: number): number {
  return ((abgr & 0xf8) << 8) | ((abgr >>> 5) & 0x07e0) | ((abgr >>> 19) & 0x1f);
}

/** The unused byte is full: a driver that takes it for opacity shows the picture too. */
function xrgb8888(abgr: number): number {
  return 0xff000000 | ((abgr & 0xff) << 16) | (abgr & 0xff00) | ((abgr >>> 16) & 0xff);
}
