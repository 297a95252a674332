import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PositionView } from "../../../src/core/sale/view.ts";
import { openPty } from "../../../src/devices/bench/pty.ts";
import type { FramebufferSettings } from "../../../src/displays/framebuffer/framebuffer.ts";
import { needs } from "../../support/components.ts";
import { tempFolder } from "../../support/temp.ts";
import { positionView, VIEWS } from "../../support/views.ts";
import { eventBytesOf, fifoIn, type Rig, SMALL, startRig } from "./rig.ts";

type Event = readonly [type: number, code: number, value: number];

const SYN: Event = [0, 0, 0];
const AXES = { widthUnits: 4800, heightUnits: 3200, swapAxes: false, flipX: false, flipY: false };

const single = (x: number, y: number): readonly Event[] => [[3, 0, x * 10], [3, 1, y * 10], [1, 0x14a, 1], SYN];
const singleUp: readonly Event[] = [[1, 0x14a, 0], SYN];
/** As a real type B panel does, with the single-touch events that the kernel adds. */
const multi = (x: number, y: number): readonly Event[] => [
  [3, 0x39, 7],
  [3, 0x35, x * 10],
  [3, 0x36, y * 10],
  [1, 0x14a, 1],
  [3, 0, x * 10],
  [3, 1, y * 10],
  SYN,
];
const multiUp: readonly Event[] = [[3, 0x39, -1], [1, 0x14a, 0], SYN];
const key = (code: number): readonly Event[] => [[1, code, 1], SYN, [1, code, 0], SYN];

let rig: Rig;
let writer: FileHandle;
let folder: string;

async function start(changes: Partial<FramebufferSettings>, views: readonly PositionView[]): Promise<void> {
  rig = await startRig(SMALL, changes);
  await rig.draw({ positions: views });
}

async function send(...events: readonly (readonly Event[])[]): Promise<void> {
  await writer.write(eventBytesOf(events.flat()));
  await rig.pass(200);
}

/** What must have been pressed by now, and nothing else. */
async function expectPressed(...pressed: readonly string[]): Promise<void> {
  await rig.until(() => rig.pressed.length >= pressed.length);
  await rig.pass(200);
  expect(rig.pressed).toEqual(pressed);
}

const expectOther = (than: Buffer): Promise<void> => rig.until(async () => !than.equals(await rig.picture()));
const expectAgain = (picture: Buffer): Promise<void> => rig.until(async () => picture.equals(await rig.picture()));

beforeEach(async () => {
  folder = tempFolder();
  // Opened for both, so that it neither waits for the reader nor ends when a test does not write.
  writer = await open(fifoIn(folder, "event0"), "r+");
});

afterEach(async () => {
  await rig.end();
  await writer.close();
});

const touchSettings = (changes: Partial<typeof AXES> = {}): Partial<FramebufferSettings> => ({
  touch: { device: join(folder, "event0"), ...AXES, ...changes },
});
const keySettings = (): Partial<FramebufferSettings> => ({ keys: join(folder, "event0") });

/** On the choose screen of 480x320: the first and the last of three choices, in one row, and a place where nothing is. */
const FIRST = [60, 285] as const;
const LAST = [360, 285] as const;
const NOTHING = [200, 60] as const;

describe("a finger", () => {
  const rows = [
    ["a single-touch panel", single, singleUp],
    ["a multitouch panel", multi, multiUp],
  ] as const;

  it.each(rows)("presses what it touches and leaves: %s", async (_name, down, up) => {
    await start(touchSettings(), [positionView()]);
    await send(down(...LAST));
    await expectPressed();
    await send(up);
    await expectPressed("select 1 500.00 19.89");
  });

  it.each(rows)("that slides off presses nothing: %s", async (_name, down, up) => {
    await start(touchSettings(), [positionView()]);
    await send(down(...FIRST), down(...LAST), up, down(...NOTHING), up);
    await expectPressed();
  });

  it("that is impatient presses once", async () => {
    await start(touchSettings(), [positionView()]);
    await send(single(...FIRST), singleUp, single(...FIRST), singleUp);
    await expectPressed("select 1 100.00 19.89");
    await rig.pass(2_000);
    await send(single(...FIRST), singleUp);
    await expectPressed("select 1 100.00 19.89", "select 1 100.00 19.89");
  });

  it("does not press what another finger began", async () => {
    await start(touchSettings(), [positionView()]);
    await send(multi(...NOTHING), [[3, 0x2f, 1], [3, 0x39, 8], [3, 0x35, 600], [3, 0x36, 2850], SYN]);
    await send([[3, 0x39, -1], SYN], [[3, 0x2f, 0], ...multiUp]);
    await expectPressed();
  });

  it("finds its button on a panel that lies otherwise", async () => {
    await start(touchSettings({ widthUnits: 3200, heightUnits: 4800, swapAxes: true, flipX: true }), [positionView()]);
    const [x, y] = LAST;
    await send(single(y, 480 - x), singleUp);
    await expectPressed("select 1 500.00 19.89");
  });

  it("is heard again after events were lost", async () => {
    await start(touchSettings(), [positionView()]);
    await send(single(...FIRST), [[0, 3, 0], [3, 0, 0], SYN], singleUp);
    await expectPressed();
    await send(single(...LAST), singleUp);
    await expectPressed("select 1 500.00 19.89");
  });
});

describe("keys", () => {
  const [TAB, ENTER, UP, ESC, STOP] = [15, 28, 103, 1, 128];

  it("first show where they are, then press", async () => {
    await start(keySettings(), [positionView()]);
    const before = await rig.picture();
    await send(key(ENTER));
    await expectPressed();
    await expectOther(before);
    // The first button is the one for the language, the last choice the one before it.
    await send(key(UP), key(ENTER));
    await expectPressed("select 1 500.00 19.89");
  });

  it("go round", async () => {
    await start(keySettings(), [positionView()]);
    await send(key(TAB), key(TAB), key(TAB), key(TAB), key(TAB), key(TAB), key(ENTER));
    await expectPressed("select 1 100.00 19.89");
  });

  it.each([
    ["the position that is seen", [VIEWS.live()], ["stop 1"]],
    [
      "all that run, on the board",
      [VIEWS.live(), { ...VIEWS.live(), id: "2" }, { ...positionView(), id: "3" }],
      ["stop 1", "stop 2"],
    ],
    ["nothing where nothing runs", [positionView()], []],
  ] as const)("stop %s", async (_name, views, pressed) => {
    await start(keySettings(), views);
    await send(key(STOP));
    await expectPressed(...pressed);
  });

  it("open a position of several, and go back", async () => {
    await start(keySettings(), [positionView(), { ...VIEWS.scan(), id: "2" }]);
    const board = await rig.picture();
    await send(key(TAB), key(TAB), key(TAB), key(ENTER), key(STOP));
    await expectPressed();
    await expectOther(board);
    await send(key(ESC));
    const again = await rig.picture();
    await send(key(TAB), key(ENTER), key(TAB), key(ENTER));
    await expectOther(again);
  });

  it("are taken from a plain file too, and in pieces", async () => {
    await start(keySettings(), [VIEWS.live()]);
    const bytes = eventBytesOf(key(STOP));
    for (const byte of bytes) await writer.write(Uint8Array.of(byte));
    await rig.pass(500);
    await expectPressed("stop 1");
  });
});

describe("what a press leads to", () => {
  it("a read outcome gives way to the next choice, here only", async () => {
    await start(touchSettings(), [VIEWS.canceled()]);
    const outcome = await rig.picture();
    await send(single(...LAST), singleUp);
    await expectOther(outcome);
    await expectPressed();
    await send(single(...LAST), singleUp);
    await expectPressed("select 1 500.00 19.89");
  });

  it("what is refused is said for a while", async () => {
    await start(touchSettings(), [positionView()]);
    rig.control.answer = { kind: "conflict", reason: "a sale is open" };
    const before = await rig.picture();
    await send(single(...LAST), singleUp);
    await expectOther(before);
    await rig.pass(6_000);
    await expectAgain(before);
  });

  it("more time can be asked for in the last seconds, not before", async () => {
    await start(keySettings(), [VIEWS.scan()]);
    await send(key(15), key(28));
    await expectPressed("cancel 1");
    await rig.draw({ positions: [VIEWS["scan-ending"]()] });
    await rig.pass(2_000);
    await send(key(103), key(28));
    await expectPressed("cancel 1", "extend 1");
  });

  it("the next customer finds the first language and the board; a sale that runs is not disturbed", async () => {
    const views = [positionView(), { ...positionView(), id: "2" }];
    await start(keySettings(), views);
    const board = await rig.picture();
    await send(key(15), key(28), key(28));
    await expectOther(board);
    rig.display.show({ positions: [VIEWS.live(), { ...positionView(), id: "2" }] });
    await rig.pass(62_000);
    const running = await rig.picture();
    rig.display.show({ positions: views });
    await rig.pass(2_000);
    expect(running.equals(board)).toBe(false);
    await rig.pass(61_000);
    await expectAgain(board);
  });
});

describe("an input device", () => {
  it("that is not there is looked for until it comes", async () => {
    await start({ keys: join(folder, "late") }, [VIEWS.live()]);
    await rig.pass(200_000);
    expect(rig.logged.filter((line) => line.includes("missing"))).toHaveLength(1);
    const late = await open(fifoIn(folder, "late"), "r+");
    await late.write(eventBytesOf(key(128)));
    await rig.pass(31_000);
    await expectPressed("stop 1");
    await late.close();
  });

  it.skipIf(!needs("socat", "/usr/bin/socat"))("can be unplugged and put back", async () => {
    let plug = await openPty(folder, "pad");
    await start({ keys: plug.host }, [VIEWS.live()]);
    const press = async (count: number): Promise<void> => {
      const device = await open(plug.device, "r+");
      await device.write(eventBytesOf(key(128)));
      await rig.until(() => rig.pressed.length === count);
      await device.close();
    };
    await press(1);
    await plug.unplug();
    await rig.until(() => rig.logged.some((line) => line.includes("missing")));
    plug = await openPty(folder, "pad");
    await rig.pass(31_000);
    await press(2);
    await expectPressed("stop 1", "stop 1");
    expect(rig.logged.filter((line) => line.includes("missing"))).toHaveLength(1);
    await plug.unplug();
  });
});
