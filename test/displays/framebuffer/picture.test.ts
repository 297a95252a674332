import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { FramebufferSettings } from "../../../src/displays/framebuffer/framebuffer.ts";
import { hasZbarimg, scan } from "../../support/browser.ts";
import { positionView, QR_TEXT, VIEWS } from "../../support/views.ts";
import { type FakeDevice, type Rig, SMALL, startRig, strideOf } from "./rig.ts";

let rig: Rig;

afterEach(() => rig.end());

async function scanned(): Promise<string> {
  const path = join(rig.folder, "picture.png");
  await writeFile(path, await rig.picture());
  return scan(path);
}

describe.skipIf(!hasZbarimg())("the code on a framebuffer", () => {
  const panel = (widthMm: number, heightMm: number, readingDistanceMm: number): Partial<FramebufferSettings> => ({
    panel: { widthMm, heightMm },
    readingDistanceMm,
  });
  const rows: readonly (readonly [name: string, fake: FakeDevice, changes: Partial<FramebufferSettings>])[] = [
    ["a 3.5 inch SPI panel", SMALL, {}],
    ["the same, upright", SMALL, { rotate: 90 }],
    ["the same, upside down", SMALL, { rotate: 180 }],
    ["the same, on its other side", SMALL, { rotate: 270 }],
    ["7 inches", { widthPx: 800, heightPx: 480, bits: 32 }, panel(154, 86, 400)],
    ["10 inches", { widthPx: 1024, heightPx: 768, bits: 32, gapBytes: 128 }, panel(203, 152, 500)],
    ["21 inches upright", { widthPx: 1080, heightPx: 1920, bits: 16 }, panel(268, 476, 600)],
    ["one that nobody measured", { widthPx: 800, heightPx: 480, bits: 16 }, { panel: null }],
    ["the lower of two halves", { widthPx: 480, heightPx: 320, bits: 32, hiddenLines: 320, panY: 320 }, {}],
  ];

  it.each(rows)("is read by a scanner: %s", async (_name, fake, changes) => {
    rig = await startRig(fake, changes);
    await rig.draw({ positions: [VIEWS.scan()] });
    expect(await scanned()).toBe(QR_TEXT);
  });

  it("is gone when the display closes", async () => {
    rig = await startRig();
    await rig.draw({ positions: [VIEWS.scan()] });
    expect(await scanned()).toBe(QR_TEXT);
    await rig.display.close();
    await expect(scanned()).rejects.toThrow();
  });
});

/** #f6f7f9, as a pixel of 32 bits and as two of 16. */
const GROUND = { 16: Buffer.from([0xbf, 0xf7, 0xbf, 0xf7]), 32: Buffer.from([0xf9, 0xf7, 0xf6, 0xff]) } as const;

describe("a frame", () => {
  it.each([16, 32] as const)("of %d bits has its ground light, and nothing beyond the lines' pixels", async (bits) => {
    const fake: FakeDevice = { ...SMALL, bits };
    rig = await startRig(fake);
    const bytes = await readFile(rig.device);
    const pixelsBytes = (fake.widthPx * bits) / 8;
    for (let row = 0; row < fake.heightPx; row++) {
      const line = bytes.subarray(row * strideOf(fake), (row + 1) * strideOf(fake));
      expect(line.subarray(0, 4)).toEqual(GROUND[bits]);
      expect(line.subarray(pixelsBytes).every((byte) => byte === 0)).toBe(true);
    }
  });

  it("leaves alone what is not seen", async () => {
    rig = await startRig({ ...SMALL, hiddenLines: 320, panY: 320 });
    const bytes = await readFile(rig.device);
    expect(bytes.subarray(0, 320 * strideOf(SMALL)).every((byte) => byte === 0)).toBe(true);
  });

  it("counts down by the second", async () => {
    rig = await startRig();
    await rig.draw({ positions: [VIEWS["scan-ending"]()] });
    const frames = new Set<string>();
    for (let second = 0; second < 5; second++) {
      await rig.pass(1_000);
      frames.add((await readFile(rig.device)).toString("base64"));
    }
    expect(frames.size).toBe(5);
  });

  it("is not written again when nothing has changed", async () => {
    rig = await startRig();
    await rig.draw({ positions: [VIEWS.choose()] });
    // What was written over stays: no frame came after it.
    await writeFile(rig.device, new Uint8Array(320 * strideOf(SMALL)));
    for (let again = 0; again < 5; again++) {
      rig.display.show({ positions: [VIEWS.choose()] });
      await rig.pass(1_000);
    }
    expect((await readFile(rig.device)).every((byte) => byte === 0)).toBe(true);
  });

  it("gives no warning where all can be read", async () => {
    rig = await startRig();
    for (const view of [VIEWS.scan(), VIEWS["choose-dear"](), VIEWS.thanks()]) await rig.draw({ positions: [view] });
    expect(rig.logged.filter((line) => line.includes("too small"))).toEqual([]);
  });

  it("warns once of a panel too small for its distance", async () => {
    rig = await startRig(SMALL, { rotate: 90, readingDistanceMm: 400 });
    for (const view of [VIEWS["choose-dear"](), VIEWS.stopping(), VIEWS["choose-dear"]()])
      await rig.draw({ positions: [view] });
    expect(rig.logged.filter((line) => line.includes("too small"))).toHaveLength(1);
  });
});

describe("a device that cannot be drawn on", () => {
  const rows = [
    ["virtual_size", "0,0", /virtual_size: "0,0"; expected width,height/],
    ["virtual_size", "100,100", /100x100 pixels; expected sides/],
    ["virtual_size", "480", /expected width,height/],
    ["bits_per_pixel", "24", /24 bits a pixel; expected 16 or 32/],
    ["stride", "100", /does not hold 480 pixels/],
    ["stride", "x".repeat(100), /stride: "x+"; expected a number/],
  ] as const;
  const RIGHT = { virtual_size: "480,320", bits_per_pixel: "16", stride: String(strideOf(SMALL)) };

  it.each(rows)("is told and tried again: %s is %s", async (name, text, problem) => {
    rig = await startRig(SMALL, {}, { [name]: text });
    const told: (string | null)[] = [];
    rig.display.watch((each) => told.push(each));
    expect(told.at(-1)).toMatch(problem);
    await writeFile(join(rig.folder, "graphics/fb0", name), RIGHT[name]);
    await rig.until(() => told.at(-1) === null);
    await rig.draw({ positions: [positionView()] });
  });

  it("is told when it stops taking frames, and takes them again", async () => {
    rig = await startRig();
    await rig.display.close();
    const link = join(rig.folder, "fb-panel");
    const graphics = join(rig.folder, "graphics");
    await symlink("/dev/full", link);
    await symlink(join(graphics, "fb0"), join(graphics, "full"));
    const second = await startRig(SMALL, { device: link, sysfs: graphics });
    const told: (string | null)[] = [];
    second.display.watch((each) => told.push(each));
    expect(told.at(-1)).toContain("ENOSPC");
    await rm(link);
    await symlink(rig.device, link);
    await second.until(() => told.at(-1) === null);
    expect(told.filter((each) => each?.includes("ENOSPC"))).toHaveLength(1);
    await second.end();
  });

  it("is told when there is none", async () => {
    rig = await startRig(SMALL, { device: "/nonexistent/fb0" });
    const told: (string | null)[] = [];
    rig.display.watch((each) => told.push(each));
    rig.display.show({ positions: [positionView()] });
    await rig.pass(120_000);
    expect(told).not.toContain(null);
    // Virtual time does not wait for the disk, so that the alarm for a device that hangs may come in between.
    const problems = new Set(told.filter((each) => each?.includes("does not take a frame") === false));
    expect([...problems]).toEqual([expect.stringContaining("/nonexistent/fb0 cannot be drawn on: ENOENT")]);
  });
});
