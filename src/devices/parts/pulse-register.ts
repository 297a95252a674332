import { z } from "zod";
import { GpioError, type PulseCounter } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Outcome } from "../../ports/outcome.ts";
import { confirmed, LONGEST_SAVE_MS, type OpenStore, RegisterFile } from "./register-file.ts";

const natural = z.int().nonnegative();

const STATE = z.strictObject({
  /** Of which start of the machine the counts are. */
  bootId: z.string(),
  /** In which the total is counted; another one converts it. */
  pulsesPerUnit: z.int().positive(),
  /** What the kernel had counted on each line when the total was this. */
  channels: z
    .array(z.strictObject({ line: z.string(), count: natural.max(2 ** 32 - 1) }))
    .min(1)
    .max(2),
  /** All pulses ever, in the way they are charged. */
  total: natural,
  /** Since the last arm, or since the delivery after it was settled: where the total stood, and what each channel had since. */
  span: z.strictObject({ armed: z.boolean(), from: natural, pulses: z.array(natural).min(1).max(2) }),
  /** What flowed after the valve was told to close at a limit, and how fast it flowed then: the last few, newest last. */
  overruns: z.array(z.strictObject({ pulses: natural, ratePps: z.number().positive() })).max(8),
});

export type PulseState = z.infer<typeof STATE>;

export interface Channel {
  readonly line: string;
  readonly counter: PulseCounter;
}

/** What a power cut can cost while pulses come, beside the time one save takes. */
const STEP_MS = 900;
const MEND_MS = 10_000;

/**
 * The totaliser that never resets, in pulses. The kernel counts; the file says what the count was worth. Within one
 * start of the machine nothing is lost, whatever becomes of the daemon; a power cut costs what came since the last save.
 */
export class PulseRegister {
  readonly #file: RegisterFile<PulseState>;
  readonly #clock: Clock;
  readonly counters: readonly PulseCounter[];
  /** How the daemon ended in the middle of a delivery the last time; null when it did not. */
  readonly interrupted: "crash" | "reboot" | null;
  #state: PulseState;
  #savedTotal: number;
  #startedMs = Number.NEGATIVE_INFINITY;
  #pending = 0;
  #pendingSinceMs: number | null = null;
  #error: string | null = null;

  private constructor(file: RegisterFile<PulseState>, state: PulseState, channels: readonly Channel[], clock: Clock) {
    const ended = file.value.bootId === state.bootId ? "crash" : "reboot";
    this.interrupted = state.span.armed ? ended : null;
    this.#file = file;
    this.#clock = clock;
    this.#state = state;
    this.#savedTotal = state.total;
    this.counters = channels.map(({ counter }) => counter);
  }

  /** Rejects with a RegisterError, or with a GpioError when a line cannot be read. */
  static async open(
    openStore: OpenStore,
    channels: readonly Channel[],
    scale: { readonly pulsesPerUnit: number; readonly basePerUnit: number },
    clock: Clock,
  ): Promise<PulseRegister> {
    const now = channels.map(({ line, counter }) => ({ line, count: countOf(line, counter) }));
    const bootId = channels[0]?.counter.bootId ?? "";
    const pulses = channels.map(() => 0);
    const fresh: PulseState = {
      bootId,
      pulsesPerUnit: scale.pulsesPerUnit,
      channels: now,
      total: 0,
      span: { armed: false, from: 0, pulses },
      overruns: [],
    };
    const file = await RegisterFile.open(openStore, fresh, (value) => STATE.safeParse(value).data);
    const stored = rescaled(file.value, scale);
    const [first = 0] = stored.span.pulses;
    const state: PulseState = {
      ...stored,
      bootId,
      channels: now.map((channel) => {
        const known = stored.channels.find(({ line }) => line === channel.line);
        if (known === undefined) return channel;
        return stored.bootId === bootId ? known : { ...known, count: 0 };
      }),
      span: { ...stored.span, pulses: pulses.map((_, index) => stored.span.pulses[index] ?? first) },
    };
    return new PulseRegister(file, state, channels, clock);
  }

  get state(): PulseState {
    return this.#state;
  }

  update(change: Partial<PulseState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** Why the register cannot be relied on now; null when all is well. */
  trouble(nowMs: number): string | null {
    const since = this.#pendingSinceMs;
    const slow = since !== null && nowMs - since >= LONGEST_SAVE_MS;
    return slow ? `writing the register takes longer than ${LONGEST_SAVE_MS} ms` : this.#error;
  }

  /** Begins a save when pulses came since the last one and it is time. */
  keep(nowMs: number): void {
    if (this.#state.total === this.#savedTotal || this.#pending > 0) return;
    if (nowMs - this.#startedMs >= STEP_MS) void this.save();
  }

  /** Tries again what failed, now and then. */
  mend(nowMs: number): void {
    if (this.#error === null || this.#pending > 0) return;
    if (nowMs - this.#startedMs >= MEND_MS) void this.save();
  }

  /** `done` when all that is known would outlive a power cut; never longer than a save may take. */
  async save(): Promise<Outcome<null>> {
    const { total } = this.#state;
    this.#startedMs = this.#clock.monotonicMs();
    this.#pending += 1;
    this.#pendingSinceMs ??= this.#startedMs;
    const saving = this.#file.save(this.#state);
    const ended = (error: string | null): void => {
      if (error === null) this.#savedTotal = total;
      this.#error = error;
      this.#pending -= 1;
      this.#pendingSinceMs = this.#pending > 0 ? this.#clock.monotonicMs() : null;
    };
    saving.then(
      () => ended(null),
      (error: unknown) => ended(`the register cannot be written: ${String(error)}`),
    );
    return await confirmed(saving, this.#clock);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function countOf(line: string, counter: PulseCounter): number {
  const read = counter.read();
  if (read.kind !== "done") throw new GpioError(`${line}: its count cannot be read: ${read.detail}`);
  return read.value;
}

/** The same quantity counted in another number of pulses for a unit, and never less than it was. */
function rescaled(state: PulseState, scale: { pulsesPerUnit: number; basePerUnit: number }): PulseState {
  if (state.pulsesPerUnit === scale.pulsesPerUnit) return state;
  const totalBase = Math.floor((state.total * scale.basePerUnit) / state.pulsesPerUnit);
  const total = Math.ceil((totalBase * scale.pulsesPerUnit) / scale.basePerUnit);
  const pulses = state.span.pulses.map(() => 0);
  return {
    ...state,
    pulsesPerUnit: scale.pulsesPerUnit,
    total,
    span: { armed: state.span.armed, from: total, pulses },
    overruns: [],
  };
}
