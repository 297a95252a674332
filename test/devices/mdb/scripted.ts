import { openMdbVending } from "../../../src/devices/mdb/driver.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import type { Dispenser, DispenserEvent } from "../../../src/ports/dispenser.ts";
import { done, type Outcome } from "../../../src/ports/outcome.ts";
import { MemoryRegister } from "../../support/memory-register.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { SETTINGS } from "./rig.ts";

/** An adapter in front of a machine that is well, but for what becomes of a vend: that is said by the test. */
export class Adapter implements SerialLine<string> {
  up = true;
  readonly sent: string[] = [];
  #hear: (line: string) => void = () => {};
  #tellLink: (up: boolean, detail: string) => void = () => {};

  async tell(bytes: Uint8Array): Promise<Outcome<null>> {
    const line = Buffer.from(bytes).toString().trim();
    this.sent.push(line);
    if (line === "C,0") this.say("c,STATUS,OFFLINE");
    if (line.startsWith("C,SETCONF")) this.say("c,SET,OK");
    if (line === "C,1") this.say("c,STATUS,INACTIVE", "c,STATUS,DISABLED", "c,STATUS,ENABLED");
    if (line.startsWith("C,START")) this.say("c,STATUS,IDLE,40.00");
    if (line === "C,STOP") this.say("c,STATUS,ENABLED");
    return done(null);
  }

  say(...lines: readonly string[]): void {
    queueMicrotask(() => {
      for (const line of lines) this.#hear(line);
    });
  }

  async ask(): Promise<never> {
    throw new Error("a vending machine is told, not asked");
  }

  onFrame(listener: (line: string) => void): void {
    this.#hear = listener;
  }

  onLink(listener: (up: boolean, detail: string) => void): void {
    this.#tellLink = listener;
    listener(true, "open");
  }

  link(up: boolean): void {
    this.up = up;
    this.#tellLink(up, up ? "open" : "unplugged");
  }

  async close(): Promise<void> {}
}

export interface Run {
  readonly adapter: Adapter;
  readonly unaccounted: (number | null)[];
  /** What was told, by its type, but for readings. */
  readonly told: string[];
  readonly vending: Dispenser;
  total(): Promise<Outcome<number>>;
  /** Ends it as SIGKILL does: nothing is closed, and nothing that it would still do happens. */
  kill(): void;
}

interface Bench {
  readonly time: VirtualTime;
  readonly register: MemoryRegister;
}

export function bench(): Bench {
  const time = new VirtualTime(0);
  const register = new MemoryRegister(time);
  register.syncMs = 2;
  return { time, register };
}

export async function start({ time, register }: Bench, settings = SETTINGS): Promise<Run> {
  const life = { number: 1, alive: true };
  const adapter = new Adapter();
  const clock = clockOf(time, life);
  const vending = await openMdbVending(settings, adapter, "in memory", clock, SILENT, register.open);
  const unaccounted: (number | null)[] = [];
  const told: string[] = [];
  const hear = (event: DispenserEvent): void => {
    if (event.type !== "reading") told.push(event.type);
    if (event.type === "unaccounted") unaccounted.push(event.quantityBase);
  };
  vending.listen(hear);
  const kill = (): void => {
    life.alive = false;
    vending.listen(() => {});
    adapter.onFrame(() => {});
  };
  return { adapter, unaccounted, told, vending, total: () => vending.totaliser(), kill };
}

export async function pass(time: VirtualTime, ms: number): Promise<void> {
  let over = false;
  time.after(ms, () => {
    over = true;
  });
  // What was said is heard before time goes on.
  await new Promise((resolve) => setImmediate(resolve));
  while (!over) await time.step();
}

export const REQUEST = "c,STATUS,VEND,12.00,1";
export const SUCCESS = "c,VEND,SUCCESS";
