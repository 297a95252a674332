import { fileURLToPath } from "node:url";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { done, type Outcome, unknown } from "../../../ports/outcome.ts";
import {
  type CounterOptions,
  type Gpio,
  GpioError,
  type GpioInput,
  type GpioOutput,
  type InputOptions,
  type OutputOptions,
  type PulseCounter,
} from "../gpio.ts";
import { type CountedLine, findByConsumer, interruptCount, readBootId } from "../interrupt-count.ts";
import { interruptTable } from "../interrupt-table.ts";
import { parseLineName } from "../line-name.ts";
import { SupervisedHelper } from "./supervised.ts";

/** Where a line was found and how it was. */
interface Taken {
  readonly chip: string;
  readonly offset: number;
  readonly active: boolean;
}

interface HeldLine {
  readonly request: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** After the line is taken, the first time and each time again. Throws a GpioError. */
  readonly taken: (taken: Taken) => void;
}

/** Isolated from the environment of the daemon: only Debian's own packages are seen. */
export const HOLD_LINES: readonly string[] = [
  "/usr/bin/python3",
  "-I",
  fileURLToPath(new URL("./hold-lines.py", import.meta.url)),
];

const REASONS: Readonly<Record<string, string>> = {
  EBUSY: "it is in use by another. `gpioinfo` says by whom: free it there, or in config.txt",
  ENOENT: "there is no such line. `gpioinfo` lists them",
  EEXIST: "it is not the only one of its name. Write it as label:offset",
  EACCES: "not permitted. Run the daemon in the group `gpio`, with DeviceAllow=char-gpiochip in its systemd unit",
  EPERM: "the kernel refuses",
};

/** Lines by the character device, held by a process of their own by libgpiod 2. Where it dies, nothing is held. */
export class LibgpiodGpio implements Gpio {
  readonly backend = "libgpiod";
  readonly #root: string;
  readonly #headerChip: string | null;
  readonly #helper: SupervisedHelper;
  readonly #lines = new Map<string, HeldLine>();
  readonly #closers: (() => void)[] = [];
  readonly #changed = new Map<string, (active: boolean) => void>();
  readonly #listeners: ((held: boolean, detail: string) => void)[] = [];
  #keys = 0;

  private constructor(root: string, headerChip: string | null, command: readonly string[], clock: Clock, log: Log) {
    this.#root = root;
    this.#headerChip = headerChip;
    const events = {
      changed: (key: string, active: boolean) => this.#changed.get(key)?.(active),
      lost: (why: string) => this.#tellHeld(false, why),
      retake: () => this.#retake(),
      regained: () => this.#tellHeld(true, "all lines are held again"),
    };
    this.#helper = new SupervisedHelper(command, events, clock, log);
  }

  /** Rejects with a GpioError when the helper does not run. */
  static async open(
    root: string,
    headerChip: string | null,
    command: readonly string[],
    clock: Clock,
    log: Log,
  ): Promise<LibgpiodGpio> {
    const gpio = new LibgpiodGpio(root, headerChip, command, clock, log);
    const failed = await gpio.#helper.start();
    if (failed === null) return gpio;
    await gpio.#helper.close();
    throw new GpioError(`No GPIO by libgpiod: ${failed}. Install python3-libgpiod, version 2 (Debian 13).`);
  }

  async output(text: string, { activeLow = false }: OutputOptions = {}): Promise<GpioOutput> {
    const key = await this.#take(text, { take: "output", activeLow }, () => undefined);
    return {
      set: async (active) => {
        if (!this.#helper.held) return unknown(`${text}: ${this.#helper.lostBecause}`);
        const answer = await this.#helper.ask({ set: key, active });
        if (answer.kind !== "done") return unknown(`${text}: the level is not known: ${detailOf(answer)}`);
        return "ok" in answer.value ? done(null) : unknown(`${text}: ${answer.value.detail}`);
      },
    };
  }

  async input(text: string, options: InputOptions, changed: (active: boolean) => void): Promise<GpioInput> {
    let active: boolean | null = null;
    const tell = (now: boolean): void => {
      if (now === active) return;
      active = now;
      changed(now);
    };
    await this.#take(text, { take: "input", ...options }, (taken, key) => {
      this.#changed.set(key, tell);
      tell(taken.active);
    });
    return {
      get active() {
        return active ?? false;
      },
    };
  }

  async counter(text: string, { edge = "rising", bias = "as-is" }: CounterOptions = {}): Promise<PulseCounter> {
    const table = interruptTable(this.#root);
    let count: ReturnType<typeof interruptCount> | null = null;
    await this.#take(text, { take: "counter", edge, bias }, ({ chip, offset }, key) => {
      count?.close();
      count = null;
      const description = `${text} (${chip}:${offset})`;
      const line: CountedLine = { description, chipLabel: chip, offset, consumer: consumerOf(key) };
      count = interruptCount(table, findByConsumer(table, line), line);
    });
    this.#closers.push(() => count?.close());
    return {
      bootId: readBootId(this.#root),
      read: () => {
        if (!this.#helper.held || count === null) return unknown(`${text}: ${this.#helper.lostBecause}`);
        return count.read();
      },
    };
  }

  onHeld(listener: (held: boolean, detail: string) => void): void {
    this.#listeners.push(listener);
  }

  #tellHeld(held: boolean, detail: string): void {
    for (const listener of this.#listeners) listener(held, detail);
  }

  async close(): Promise<void> {
    this.#changed.clear();
    await this.#helper.close();
    for (const close of this.#closers.splice(0)) close();
  }

  async #take(
    text: string,
    how: Readonly<Record<string, unknown>>,
    taken: (taken: Taken, key: string) => void,
  ): Promise<string> {
    const key = `line-${this.#keys++}`;
    const request = takeRequest(text, this.#headerChip, key, consumerOf(key), how);
    const line: HeldLine = { request, text, taken: (found) => taken(found, key) };
    await this.#takeNow(line);
    this.#lines.set(key, line);
    return key;
  }

  async #takeNow({ request, text, taken }: HeldLine): Promise<void> {
    const answer = await this.#helper.ask(request);
    if (answer.kind !== "done") throw new GpioError(`${text}: ${detailOf(answer)}`);
    if (!("ok" in answer.value)) throw new GpioError(refusal(text, answer.value));
    const { chip, offset, active } = answer.value.ok;
    taken({ chip: String(chip), offset: Number(offset), active: active === true });
  }

  /** Outputs first: what the kernel left of a level is driven inactive before anything else. */
  async #retake(): Promise<string | null> {
    const outputsFirst = [...this.#lines.values()].sort((a, b) => rank(a) - rank(b));
    for (const line of outputsFirst) {
      try {
        await this.#takeNow(line);
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    }
    return null;
  }
}

/** As the helper's source says. Throws a GpioError for what names no line. */
export function takeRequest(
  text: string,
  headerChip: string | null,
  key: string,
  consumer: string,
  how: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const name = parseLineName(text, headerChip);
  const where = name.by === "name" ? { name: name.name } : { chip: name.chip, offset: name.offset };
  return { ...how, ...where, key, consumer };
}

export function refusal(text: string, { error, detail }: { readonly error: string; readonly detail: string }): string {
  return `${text}: ${REASONS[error] ?? "it cannot be used"}. (${error}: ${detail})`;
}

function rank({ request }: HeldLine): number {
  return request["take"] === "output" ? 0 : 1;
}

/** One that nobody else bears, by which the line's interrupt is found; the kernel keeps 31 characters. */
function consumerOf(key: string): string {
  return `kioskd-${process.pid}-${key}`;
}

function detailOf(outcome: Outcome<unknown>): string {
  return outcome.kind === "done" ? "" : outcome.detail;
}
