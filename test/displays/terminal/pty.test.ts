import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty } from "../../../src/devices/bench/pty.ts";
import { openTerminalDisplay } from "../../../src/displays/terminal/terminal.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { Display } from "../../../src/ports/display.ts";
import { displayContract } from "../../contract/display.ts";
import { hasZbarimg, scan } from "../../support/browser.ts";
import { needs } from "../../support/components.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { QR_TEXT, VIEWS } from "../../support/views.ts";
import { Emulator } from "./emulator.ts";
import { photograph, textOf } from "./picture.ts";
import { Wire } from "./support.ts";

const hasSocat = needs("socat", "/usr/bin/socat");
const views = Object.values(VIEWS).map((view) => ({ positions: [view()] }));
const board = { positions: Object.values(VIEWS).map((view, at) => ({ ...view(), id: String(at) })) };

displayContract(
  "the terminal that takes everything",
  () => openOn("/dev/ttyTest", [], async () => ({ stream: new Wire(new Emulator()), release: () => {} })),
  [...views, board],
);
displayContract("the terminal that is not there", () => openOn("/dev/no-such-terminal", []), views);

describe.skipIf(!hasSocat)("on a pseudo-terminal", () => {
  it("draws, hears its keys, and gives it back", async () => {
    const pressed: string[] = [];
    const folder = tempFolder();
    const { emulator, type } = await plug(folder);
    const display = await openOn(`${folder}/tty.device`, pressed);
    onTestFinished(() => display.close());
    const problems: (string | null)[] = [];
    display.watch((problem) => problems.push(problem));
    display.show({ positions: [VIEWS.scan()] });
    await expect.poll(() => textOf(emulator)).toContain("Scan to pay");
    await expect.poll(() => textOf(emulator)).toContain("Cancel");
    if (hasZbarimg()) expect(scan(photograph(emulator, true))).toBe(QR_TEXT);
    type("c");
    await expect.poll(() => pressed).toEqual(["cancel 1"]);
    type("\x1b");
    display.show({ positions: [VIEWS.thanks()] });
    await expect.poll(() => textOf(emulator)).toContain("Thank you!");
    await display.close();
    await expect.poll(() => textOf(emulator)).toBe("");
    await expect.poll(() => emulator.modes.get("25")).toBe(true);
    expect(problems).toEqual([null]);
  });

  it("tells that it is gone, and comes back with it", async () => {
    const folder = tempFolder();
    const first = await plug(folder);
    const display = await openOn(`${folder}/tty.device`, []);
    onTestFinished(() => display.close());
    const problems: (string | null)[] = [];
    display.watch((problem) => problems.push(problem));
    display.show({ positions: [VIEWS.choose()] });
    await expect.poll(() => textOf(first.emulator)).toContain("Choose a maximum");
    await first.unplug();
    await expect.poll(() => problems.at(-1)).toContain("shows nothing");
    const second = await plug(folder);
    await expect.poll(() => textOf(second.emulator), { timeout: 30_000 }).toContain("Choose a maximum");
    expect(problems.at(-1)).toBeNull();
  });

  it("that nobody reads holds up nothing, not even the end", async () => {
    const folder = tempFolder();
    const pair = await openPty(folder, "tty");
    onTestFinished(() => pair.unplug());
    const display = await openOn(pair.device, []);
    // Far more than what the kernel and socat keep.
    for (let frame = 0; frame < 20; frame++) {
      for (const view of views) display.show(view);
      display.show({ positions: [frame % 2 === 0 ? VIEWS.scan() : VIEWS["live-dear"]()] });
      await sleep(110);
    }
    await display.close();
  });

  it.each([
    ["/dev/null", "is not a terminal"],
    ["/dev/no-such-terminal", "ENOENT"],
    ["/", "EISDIR"],
  ])("%s is a problem that is told, and does not throw", async (device, why) => {
    const display = await openOn(device, []);
    const problems: (string | null)[] = [];
    display.watch((problem) => problems.push(problem));
    display.show({ positions: [VIEWS.scan()] });
    await display.close();
    expect(problems).toEqual([expect.stringContaining(why)]);
  });
});

function openOn(
  device: string,
  pressed: string[],
  open?: Parameters<typeof openTerminalDisplay>[1]["open"],
): Promise<Display> {
  const press = (action: string) => async (position: string) => {
    pressed.push(`${action} ${position}`);
    return { kind: "taken" } as const;
  };
  const input = { select: press("select"), stop: press("stop"), cancel: press("cancel"), extend: press("extend") };
  const settings = { device, locales: ["en", "sv"], kioskName: "Demo station", timezone: null, support: null };
  const deps = { input, clock: systemClock(), log: SILENT };
  return openTerminalDisplay(settings, open === undefined ? deps : { ...deps, open });
}

/** A terminal at the far end of a pseudo-terminal named `tty.device`. */
async function plug(
  folder: string,
): Promise<{ emulator: Emulator; type: (keys: string) => void; unplug: () => Promise<void> }> {
  const pair = await openPty(folder, "tty");
  const port = await openSimulatorPort({ path: pair.host, baudRate: 115_200 });
  const emulator = new Emulator();
  port.onBytes((bytes) => emulator.write(bytes));
  emulator.answer = (text) => port.write(Buffer.from(text, "latin1"));
  const unplug = async (): Promise<void> => {
    await port.close();
    await pair.unplug();
  };
  onTestFinished(unplug);
  return { emulator, type: (keys) => port.write(Buffer.from(keys, "latin1")), unplug };
}
