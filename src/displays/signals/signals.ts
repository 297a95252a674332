import type { PositionView } from "../../core/sale/view.ts";
import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import { setLine } from "../../platform/gpio/set-line.ts";
import { within } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { KioskView } from "../../ports/display.ts";
import { type Cue, cueOf, isInUse } from "./cue.ts";

/** How long it is on, off, on and so on, in milliseconds. */
type Pattern = readonly number[];

const BEEPS: Readonly<Record<Cue, Pattern>> = {
  ready: [120],
  approved: [120, 120, 120],
  ended: [800],
  failed: [300, 150, 300, 150, 300],
};
/** Slower than a beep, for the eye. */
const BLINKS: Readonly<Record<Cue, Pattern>> = {
  ready: [500],
  approved: [400, 300, 400, 300],
  ended: [1_500],
  failed: [300, 300, 300, 300, 300],
};
const LONGEST_TAKE_MS = 5_000;

/** Takes a line; null where a position has none. Rejects with what is wrong with it. */
type TakeOutput = (() => Promise<GpioOutput>) | null;

interface PositionSignals {
  readonly id: string;
  readonly lamp: TakeOutput;
  readonly beeper: TakeOutput;
}

/** Told what is wrong with a position's lamp or beeper, and null when it takes orders again. */
type Report = (position: string, problem: string | null) => void;

/** A lamp and a beeper at each position. Nothing waits for them, and nothing of theirs is thrown. */
export class Signals {
  readonly #positions: ReadonlyMap<string, { readonly lamp: Output; readonly beeper: Output }>;
  readonly #seen = new Map<string, PositionView>();

  constructor(positions: readonly PositionSignals[], clock: Clock, report: Report) {
    this.#positions = new Map(
      positions.map(({ id, lamp, beeper }) => {
        const problems = new Problems((problem) => report(id, problem));
        const output = (name: string, take: TakeOutput): Output => new Output(name, take, clock, problems);
        return [id, { lamp: output("lamp", lamp), beeper: output("beeper", beeper) }];
      }),
    );
  }

  show({ positions }: KioskView): void {
    for (const view of positions) {
      const outputs = this.#positions.get(view.id);
      if (outputs === undefined) continue;
      const cue = cueOf(this.#seen.get(view.id), view);
      this.#seen.set(view.id, view);
      outputs.lamp.rest(isInUse(view));
      if (cue === null) continue;
      outputs.lamp.play(BLINKS[cue]);
      outputs.beeper.play(BEEPS[cue]);
    }
  }

  /** A line that was lost came back inactive. */
  restore(): void {
    for (const { lamp, beeper } of this.#positions.values()) {
      lamp.restore();
      beeper.restore();
    }
  }

  /** All of them off. */
  async close(): Promise<void> {
    const outputs = [...this.#positions.values()].flatMap(({ lamp, beeper }) => [lamp, beeper]);
    await Promise.all(outputs.map((output) => output.close()));
  }
}

/** Of one position: told once until it is over. */
class Problems {
  readonly #report: (problem: string | null) => void;
  readonly #of = new Map<string, string>();

  constructor(report: (problem: string | null) => void) {
    this.#report = report;
  }

  tell(name: string, problem: string | null): void {
    const [before] = this.#of.values();
    if (problem === null) this.#of.delete(name);
    else this.#of.set(name, `${name}: ${problem}`);
    const [now] = this.#of.values();
    if (now !== before) this.#report(now ?? null);
  }
}

/** One line: on or off where nothing is told, and what is told now. */
class Output {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #problems: Problems;
  readonly #taken: Promise<GpioOutput | null>;
  #isRestingOn = false;
  #isPlaying = false;
  #wanted = false;
  #isClosed = false;
  #cancel: Cancel = () => undefined;

  constructor(name: string, take: TakeOutput, clock: Clock, problems: Problems) {
    this.#name = name;
    this.#clock = clock;
    this.#problems = problems;
    this.#taken = take === null ? Promise.resolve(null) : this.#take(take);
  }

  rest(isOn: boolean): void {
    this.#isRestingOn = isOn;
    if (!this.#isPlaying) this.#set(isOn);
  }

  /** In the place of what was being told. */
  play(pattern: Pattern): void {
    this.#cancel();
    this.#isPlaying = true;
    this.#step(pattern, 0);
  }

  restore(): void {
    void this.#order(this.#wanted);
  }

  async close(): Promise<void> {
    this.#cancel();
    this.#isClosed = true;
    const output = await this.#taken;
    if (output !== null) await this.#outcome(output, false);
  }

  #step(pattern: Pattern, index: number): void {
    const lastsMs = pattern[index];
    if (lastsMs === undefined) {
      this.#isPlaying = false;
      this.#set(this.#isRestingOn);
      return;
    }
    this.#set(index % 2 === 0);
    this.#cancel = this.#clock.after(lastsMs, () => this.#step(pattern, index + 1));
  }

  #set(isOn: boolean): void {
    if (this.#wanted === isOn) return;
    void this.#order(isOn);
  }

  async #order(isOn: boolean): Promise<void> {
    this.#wanted = isOn;
    const output = await this.#taken;
    if (output === null || this.#isClosed) return;
    const problem = await this.#outcome(output, isOn);
    if (!this.#isClosed) this.#problems.tell(this.#name, problem);
  }

  /** What is wrong; null where the line has the level. */
  async #outcome(output: GpioOutput, isOn: boolean): Promise<string | null> {
    const outcome = await setLine(output, isOn, this.#clock);
    return outcome.kind === "done" ? null : outcome.detail;
  }

  /** Never rejects. */
  async #take(take: () => Promise<GpioOutput>): Promise<GpioOutput | null> {
    try {
      const output = await within(this.#clock, LONGEST_TAKE_MS, take());
      if (output !== undefined) return output;
      this.#problems.tell(this.#name, `the line was not taken within ${LONGEST_TAKE_MS / 1_000} s`);
    } catch (error) {
      if (!this.#isClosed) this.#problems.tell(this.#name, error instanceof Error ? error.message : String(error));
    }
    return null;
  }
}
