import type { SerialLine } from "../../platform/serial/line.ts";
import { within } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import { limitProblem } from "../parts/limit.ts";
import { fileStore, type OpenStore, type RegisterFile } from "../parts/register-file.ts";
import { MdbAdapter } from "./adapter.ts";
import { FAULTS } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { type MdbVendingSettings, withDefaults } from "./settings.ts";
import { TotalReadings } from "./total-readings.ts";
import { openRegister, type RegisterState } from "./vended-register.ts";
import { Vending } from "./vending.ts";

/** Beyond a vend and the end of its session: for a disk that refuses a while. */
const STOP_MARGIN_MS = 10_000;
const LONGEST_NOT_READY_MS = 600_000;

/**
 * A vending machine behind a Qibixx MDB adapter. Its totaliser is the sum of what the machine reported as vended, kept
 * in the register at `registerPath`, which is written before a success is reported. An approval stands there before it
 * is sent; a delivery with one whose result never comes is disputed. Rejects with a RegisterError. Closes the line with
 * itself.
 */
export async function openMdbVending(
  settings: MdbVendingSettings,
  line: SerialLine<string>,
  registerPath: string,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(registerPath),
): Promise<Dispenser> {
  return new MdbVending(withDefaults(settings), line, await openRegister(openStore), clock, log);
}

class MdbVending implements Dispenser {
  readonly readingStepMs = null;
  readonly mostBasePerS = null;
  readonly #settings: Required<MdbVendingSettings>;
  readonly #clock: Clock;
  readonly #adapter: MdbAdapter;
  readonly #events = new DispenserEvents();
  readonly #ledger: Ledger;
  readonly #vending: Vending;
  /** Why the machine is not ready, as it was told. */
  #trouble: string | null = null;
  #cancelReady: Cancel | null = null;
  /** How often it was not ready in time, since it last was. */
  #notReady = 0;
  #closed = false;

  constructor(
    settings: Required<MdbVendingSettings>,
    line: SerialLine<string>,
    register: RegisterFile<RegisterState>,
    clock: Clock,
    log: Log,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    const events = this.#events;
    this.#tellTrouble(FAULTS.unheard());
    this.#adapter = new MdbAdapter(settings, line, clock, log, {
      message: (message) => this.#vending.onMessage(message),
      misfit: (amount) => this.#vending.onMisfit(amount),
      lost: (detail) => this.#vending.onLost(detail),
      changed: () => this.#watchReady(),
    });
    const ledger = new Ledger(register, events, clock, log);
    this.#ledger = ledger;
    const readings = new TotalReadings(events, clock, () => ledger.totalBase);
    this.#vending = new Vending(settings, { adapter: this.#adapter, ledger, events, readings, clock, log });
    this.#adapter.open();
    this.#vending.open();
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#events.listen(listener);
  }

  async totaliser(): Promise<Outcome<number>> {
    if (!this.#vending.isCertain) return unknown("what became of the last vend is not known yet");
    const disputed = this.#ledger.askUnknown();
    return disputed === null ? done(this.#ledger.totalBase) : declined("disputed", disputed);
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const { fault } = this.#events;
    if (fault !== null) return declined("refused", fault);
    const problem = limitProblem(limitBase);
    if (problem !== null) return declined("refused", problem);
    return await this.#vending.begin(limitBase);
  }

  /** Waits for the result of a vend that was approved: no one can stop it. */
  async stop(): Promise<Outcome<null>> {
    this.#vending.end();
    if (this.#vending.resting) return done(null);
    const resting = new Promise<Outcome<null>>((resolve) => {
      this.#vending.whenResting(() => resolve(done(null)));
    });
    const mostMs = this.#settings.vendTimeoutMs + STOP_MARGIN_MS;
    return (await within(this.#clock, mostMs, resting)) ?? unknown("the machine does not come to rest");
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.listen(() => {});
    this.#cancelReady?.();
    const { awaitsResult } = this.#vending;
    await Promise.all([this.#vending.close(), this.#adapter.close(awaitsResult)]);
  }

  #watchReady(): void {
    const { ready, linked, detail } = this.#adapter;
    if (ready || !linked) {
      this.#cancelReady?.();
      this.#cancelReady = null;
      this.#notReady = 0;
      this.#tellTrouble(ready ? null : detail);
      return;
    }
    const delayMs = Math.min(this.#settings.readyTimeoutMs * 2 ** this.#notReady, LONGEST_NOT_READY_MS);
    this.#cancelReady ??= this.#clock.after(delayMs, () => this.#onNotReady());
  }

  /** A line that told of its being ready may have been lost: configured anew, the adapter tells again. */
  #onNotReady(): void {
    this.#cancelReady = null;
    this.#notReady++;
    this.#tellTrouble(this.#adapter.detail);
    if (this.#vending.resting) this.#adapter.configure();
    else this.#watchReady();
  }

  /** Each trouble stands under its own words: another one is told, and at no moment none stands. */
  #tellTrouble(trouble: string | null): void {
    const earlier = this.#trouble;
    if (trouble === earlier) return;
    this.#trouble = trouble;
    if (trouble !== null) this.#events.raise(trouble, trouble);
    if (earlier !== null) this.#events.clear(earlier);
  }
}
