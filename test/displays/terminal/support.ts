import { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { openTerminalDisplay, type TerminalDisplaySettings } from "../../../src/displays/terminal/terminal.ts";
import type { Tty } from "../../../src/displays/terminal/tty.ts";
import type { CustomerInput, Display, InputAnswer } from "../../../src/ports/display.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { Emulator } from "./emulator.ts";

/** The end of a wire with an emulated terminal behind it; it may be made slow, and unplugged. */
export class Wire extends Duplex {
  readonly writes: Buffer[] = [];
  readonly emulator: Emulator;
  isReleased = false;
  /** Takes nothing while it is set; the rest is taken when it is let go. */
  isHeld = false;
  #held: (() => void) | null = null;

  constructor(emulator: Emulator) {
    super();
    this.emulator = emulator;
    emulator.answer = (text) => this.push(text, "latin1");
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(bytes);
    const take = (): void => {
      this.emulator.write(bytes);
      done();
    };
    if (this.isHeld) this.#held = take;
    else take();
  }

  release(): void {
    this.isReleased = true;
  }

  letGo(): void {
    this.isHeld = false;
    this.#held?.();
    this.#held = null;
  }

  type(keys: string): void {
    this.push(keys, "latin1");
  }

  get writtenBytes(): number {
    return this.writes.reduce((sum, { length }) => sum + length, 0);
  }
}

interface Pressed {
  readonly action: "select" | "stop" | "cancel" | "extend";
  readonly position: string;
  readonly maximum?: string;
  readonly unitPrice?: string | null;
}

export interface TerminalRig {
  readonly display: Display;
  readonly time: VirtualTime;
  readonly wires: Wire[];
  readonly pressed: Pressed[];
  readonly problems: (string | null)[];
  readonly control: { answer: InputAnswer | Error | "never"; open: () => Wire };
  wire(): Wire;
  lines(): readonly string[];
  text(): string;
  /** Lets this much virtual time pass. */
  pass(ms: number): Promise<void>;
  press(keys: string): Promise<void>;
}

export async function terminalRig(
  changes: Partial<TerminalDisplaySettings> = {},
  emulator = new Emulator(),
): Promise<TerminalRig> {
  const time = new VirtualTime(Date.now());
  const clock = clockOf(time, { number: 1, alive: true });
  const wires: Wire[] = [];
  const pressed: Pressed[] = [];
  const problems: (string | null)[] = [];
  const control: TerminalRig["control"] = { answer: { kind: "taken" }, open: () => new Wire(emulator) };
  const take = async (press: Pressed): Promise<InputAnswer> => {
    pressed.push(press);
    if (control.answer === "never") return new Promise(() => {});
    if (control.answer instanceof Error) throw control.answer;
    return control.answer;
  };
  const input: CustomerInput = {
    select: (position, maximum, unitPrice) => take({ action: "select", position, maximum, unitPrice }),
    stop: (position) => take({ action: "stop", position }),
    cancel: (position) => take({ action: "cancel", position }),
    extend: (position) => take({ action: "extend", position }),
  };
  const open = async (): Promise<Tty> => {
    const wire = control.open();
    wires.push(wire);
    return { stream: wire, release: () => wire.release() };
  };
  const settings = { device: "/dev/ttyTest", locales: ["sv", "en", "de", "fi"], kioskName: "Demo station" };
  const display = await openTerminalDisplay(
    { ...settings, timezone: null, support: "Help: 020-123 456", ...changes },
    { input, clock, log: SILENT, open },
  );
  display.watch((problem) => problems.push(problem));
  const pass = (ms: number): Promise<void> => passed(time, ms);
  onTestFinished(async () => {
    const closed = display.close();
    await pass(2_000);
    await closed;
  });
  const wire = (): Wire => wires.at(-1) ?? new Wire(emulator);
  await pass(100);
  return {
    ...{ display, time, wires, pressed, problems, control, wire, pass },
    lines: () => emulator.lines(),
    text: () => emulator.lines().join("\n"),
    press: async (keys) => {
      wire().type(keys);
      await pass(300);
    },
  };
}

/** Timers run one by one; what streams do between them happens in its own turns. */
async function passed(time: VirtualTime, ms: number): Promise<void> {
  let isOver = false;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  await turn();
  time.after(ms, () => {
    isOver = true;
  });
  while (!isOver) {
    await time.step();
    await turn();
  }
  await turn();
}
