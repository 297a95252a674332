import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { type FramebufferSettings, openFramebufferDisplay } from "../../../src/displays/framebuffer/framebuffer.ts";
import { HANGS_MS } from "../../../src/displays/framebuffer/frames.ts";
import { PLAIN_LOOK } from "../../../src/displays/night.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { CustomerInput, Display, InputAnswer, KioskView } from "../../../src/ports/display.ts";
import type { Log } from "../../../src/ports/log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

export interface FakeDevice {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bits: 16 | 32;
  /** Bytes of a line beyond its pixels. */
  readonly gapBytes?: number;
  /** Lines beyond what is seen, as with double buffering. */
  readonly hiddenLines?: number;
  /** Where the seen lines begin. */
  readonly panY?: number;
}

export const SMALL: FakeDevice = { widthPx: 480, heightPx: 320, bits: 16, gapBytes: 64 };
const SMALL_PANEL = { panel: { widthMm: 73, heightMm: 49 }, readingDistanceMm: 250 };

export function strideOf({ widthPx, bits, gapBytes = 0 }: FakeDevice): number {
  return (widthPx * bits) / 8 + gapBytes;
}

/** A file of the device's format, and what the kernel would tell of it, in a folder of its own. */
export async function makeDevice(
  fake: FakeDevice,
  entryChanges: Readonly<Record<string, string>> = {},
): Promise<{ folder: string; device: string; sysfs: string }> {
  const folder = await mkdtemp(join(tmpdir(), "kioskd-fb-"));
  const device = join(folder, "fb0");
  const sysfs = join(folder, "graphics");
  await mkdir(join(sysfs, "fb0"), { recursive: true });
  const lines = fake.heightPx + (fake.hiddenLines ?? 0);
  const entries = {
    virtual_size: `${fake.widthPx},${lines}`,
    bits_per_pixel: String(fake.bits),
    stride: String(strideOf(fake)),
    modes: fake.hiddenLines === undefined ? "" : `U:${fake.widthPx}x${fake.heightPx}p-0`,
    pan: `0,${fake.panY ?? 0}`,
    ...entryChanges,
  };
  for (const [name, text] of Object.entries(entries)) await writeFile(join(sysfs, "fb0", name), `${text}\n`);
  await writeFile(device, new Uint8Array(lines * strideOf(fake)));
  return { folder, device, sysfs };
}

/** What a person would see, as a picture. */
async function pictureOf(fake: FakeDevice, device: string): Promise<Buffer> {
  const bytes = await readFile(device);
  const { widthPx, heightPx, bits, panY = 0 } = fake;
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext("2d");
  const image = context.createImageData(widthPx, heightPx);
  for (let row = 0; row < heightPx; row++) {
    for (let column = 0; column < widthPx; column++) {
      const at = (row + panY) * strideOf(fake) + (column * bits) / 8;
      image.data.set([...colorAt(bytes, at, bits), 255], (row * widthPx + column) * 4);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.toBuffer("image/png");
}

function colorAt(bytes: Buffer, at: number, bits: 16 | 32): readonly [number, number, number] {
  if (bits === 32) return [bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0];
  const pixel = bytes.readUInt16LE(at);
  const wide = (value: number, most: number): number => Math.round((value * 255) / most);
  return [wide(pixel >> 11, 31), wide((pixel >> 5) & 63, 63), wide(pixel & 31, 31)];
}

export interface Rig {
  readonly display: Display;
  readonly time: VirtualTime;
  readonly folder: string;
  readonly device: string;
  readonly pressed: string[];
  readonly logged: string[];
  readonly control: { answer: InputAnswer };
  picture(): Promise<Buffer>;
  /** Draws a view and waits until the device has it. */
  draw(view: KioskView): Promise<void>;
  /** Lets time pass, timer by timer, until something is true; fails when it never is. */
  until(isTrue: () => boolean | Promise<boolean>): Promise<void>;
  pass(durationMs: number): Promise<void>;
  end(): Promise<void>;
}

const MKFIFO = "/usr/bin/mkfifo";
const MOST_STEPS = 20_000;

export async function startRig(
  fake: FakeDevice = SMALL,
  changes: Partial<FramebufferSettings> = {},
  entryChanges: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const made = await makeDevice(fake, entryChanges);
  const time = new VirtualTime(Date.now());
  const pressed: string[] = [];
  const logged: string[] = [];
  const control: Rig["control"] = { answer: { kind: "taken" } };
  const take = async (...words: readonly string[]): Promise<InputAnswer> => {
    pressed.push(words.join(" "));
    return control.answer;
  };
  const input: CustomerInput = {
    select: (position, maximum, unitPrice) => take("select", position, maximum, unitPrice ?? "no price"),
    stop: (position) => take("stop", position),
    cancel: (position) => take("cancel", position),
    extend: (position) => take("extend", position),
  };
  const keep = (_fields: unknown, message: string): void => void logged.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const { clock, isWriting } = watchedFrames(clockOf(time, { number: 1, alive: true }));
  const display = await openFramebufferDisplay(
    {
      device: made.device,
      sysfs: made.sysfs,
      locales: ["sv", "en"],
      kioskName: "Demo station",
      support: null,
      look: PLAIN_LOOK,
      timezone: null,
      touch: null,
      keys: null,
      rotate: 0,
      ...SMALL_PANEL,
      ...changes,
    },
    { input, clock, log },
  );
  const until: Rig["until"] = (isTrue) => untilIn(time, isTrue);
  return {
    ...made,
    display,
    time,
    pressed,
    logged,
    control,
    picture: () => pictureOf(fake, made.device),
    until,
    draw: async (view) => {
      const before = await readFile(made.device);
      display.show(view);
      await until(async () => !before.equals(await readFile(made.device)));
      // What differs may be half a frame still; its other half needs real time only.
      for (let breaths = 0; isWriting() && breaths < MOST_STEPS; breaths++) await breath();
    },
    pass: (durationMs) => {
      let isOver = false;
      time.after(durationMs, () => {
        isOver = true;
      });
      return until(() => isOver);
    },
    end: async () => {
      await display.close();
      await rm(made.folder, { recursive: true });
    },
  };
}

/** A frame is on its way as long as the alarm stands that tells when it hangs. */
function watchedFrames(clock: Clock): { readonly clock: Clock; isWriting(): boolean } {
  let alarms = 0;
  const after: Clock["after"] = (delayMs, run) => {
    if (delayMs !== HANGS_MS) return clock.after(delayMs, run);
    alarms++;
    const cancel = clock.after(delayMs, run);
    return () => {
      alarms--;
      cancel();
    };
  };
  return { clock: { ...clock, after }, isWriting: () => alarms > 0 };
}

export async function untilIn(time: VirtualTime, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await isTrue()) return;
    await time.step();
    await breath();
  }
  throw new Error("It never came true.");
}

/** Real files answer in real time. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}

export function fifoIn(folder: string, name: string): string {
  const path = join(folder, name);
  execFileSync(MKFIFO, [path]);
  return path;
}

/** `struct input_event` of this machine. */
export function eventBytesOf(events: readonly (readonly [type: number, code: number, value: number])[]): Buffer {
  const sizeBytes = process.arch === "arm" || process.arch === "ia32" ? 16 : 24;
  const bytes = Buffer.alloc(events.length * sizeBytes);
  for (const [index, [type, code, value]] of events.entries()) {
    const end = (index + 1) * sizeBytes;
    bytes.writeUInt16LE(type, end - 8);
    bytes.writeUInt16LE(code, end - 6);
    bytes.writeInt32LE(value, end - 4);
  }
  return bytes;
}
