import { readFile, rm } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type FrameSource, Frames } from "../../../src/displays/framebuffer/frames.ts";
import type { Geometry } from "../../../src/displays/framebuffer/geometry.ts";
import { fillFrame, frameBuffer } from "../../../src/displays/framebuffer/pixels.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { makeDevice, SMALL, untilIn } from "./rig.ts";

let folder = "";

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("frames", () => {
  it("come at most ten a second, the newest wins, and none is kept waiting", async () => {
    const made = await makeDevice(SMALL);
    folder = made.folder;
    const time = new VirtualTime(0);
    const clock = clockOf(time, { number: 1, alive: true });
    const drawnAtMs: number[] = [];
    let wanted = 0;
    const source: FrameSource = {
      resize: () => undefined,
      draw: () => {
        drawnAtMs.push(time.elapsedMs);
        return new Uint8Array(SMALL.widthPx * SMALL.heightPx * 4).fill(wanted);
      },
    };
    const frames = new Frames(made.device, made.sysfs, source, clock, SILENT);
    for (let atMs = 0; atMs < 2_000; atMs += 10) {
      time.after(atMs, () => {
        wanted = 1 + (atMs % 250);
        frames.request();
      });
    }
    wanted = 255;
    let isOver = false;
    time.after(2_200, () => {
      isOver = true;
    });
    await untilIn(time, () => isOver);
    const gaps = drawnAtMs.slice(1).map((atMs, index) => atMs - (drawnAtMs[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
    expect(drawnAtMs.length).toBeGreaterThanOrEqual(5);
    expect(drawnAtMs.length).toBeLessThanOrEqual(21);
    await frames.close();
    const pixel = (await readFile(made.device)).readUInt16LE(0);
    expect(pixel).toBe(((wanted >> 3) << 11) | ((wanted >> 2) << 5) | (wanted >> 3));
  });

  it("are not drawn while there is nothing new", async () => {
    const made = await makeDevice(SMALL);
    folder = made.folder;
    const time = new VirtualTime(0);
    let drawn = 0;
    const source: FrameSource = { resize: () => undefined, draw: () => (drawn++ === 0 ? white() : null) };
    const frames = new Frames(made.device, made.sysfs, source, clockOf(time, { number: 1, alive: true }), SILENT);
    await frames.drawNow();
    expect(await time.step()).toBe(false);
    expect(drawn).toBe(1);
    await frames.close();
  });
});

describe("pixels", () => {
  const rows = [
    ["red", [255, 0, 0], 0xf800, 0xffff0000],
    ["green", [0, 255, 0], 0x07e0, 0xff00ff00],
    ["blue", [0, 0, 255], 0x001f, 0xff0000ff],
    ["a dark blue", [11, 61, 145], 0x09f2, 0xff0b3d91],
  ] as const;

  it.each(rows)("lie as the kernel has them: %s", (_name, rgb, in565, in8888) => {
    const shape = { widthPx: 3, heightPx: 2, offsetBytes: 0 };
    const rgba = new Uint8Array(24);
    rgba.set([...rgb, 255], 5 * 4);
    const small: Geometry = { ...shape, depth: "RGB565", strideBytes: 10 };
    const large: Geometry = { ...shape, depth: "XRGB8888", strideBytes: 16 };
    const [smallFrame, largeFrame] = [frameBuffer(small), frameBuffer(large)];
    fillFrame(smallFrame, rgba, small);
    fillFrame(largeFrame, rgba, large);
    expect(Buffer.from(smallFrame).readUInt16LE(10 + 4)).toBe(in565);
    expect(Buffer.from(largeFrame).readUInt32LE(16 + 8)).toBe(in8888);
  });
});

function white(): Uint8Array {
  return new Uint8Array(SMALL.widthPx * SMALL.heightPx * 4).fill(255);
}
