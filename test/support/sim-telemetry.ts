import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { Entry } from "../../src/ports/journal.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import type { Chaos } from "./sim-chaos.ts";
import { answer, type Life, type VirtualTime, whenAwake } from "./virtual-clock.ts";

const DELIVER_TIMEOUT_MS = 10_000;

export interface Delivered {
  readonly seq: number;
  readonly record: SaleRecord;
}

/** The broker and whoever listens behind it: it keeps all that it was given, in order. */
export class SimBroker {
  readonly received: Delivered[] = [];
  readonly #time: VirtualTime;
  readonly #chaos: Chaos;
  #away = false;
  #listener: (connected: boolean, detail: string) => void = () => {};

  constructor(time: VirtualTime, chaos: Chaos) {
    this.#time = time;
    this.#chaos = chaos;
    this.#weather();
  }

  /** The broker is there from now on. */
  calm(): void {
    this.#turn(false);
  }

  telemetryOf(life: Life): Telemetry {
    return {
      start: () => {},
      publish: () => {},
      report: () => {},
      onOrder: () => {},
      onTrouble: () => {},
      deliver: (_stream, entry) => this.#deliver(life, entry as Entry<SaleRecord>),
      onConnection: (listener) => {
        if (!life.alive) return;
        this.#listener = (connected, detail) => {
          whenAwake(this.#time, life, () => listener(connected, detail));
        };
        this.#listener(!this.#away, this.#away ? "away" : "connected");
      },
      close: () => answer(this.#time, life, 1, () => undefined),
    };
  }

  #deliver(life: Life, entry: Entry<SaleRecord>): Promise<boolean> {
    const fails = (): Promise<boolean> => answer(this.#time, life, DELIVER_TIMEOUT_MS, () => false);
    if (!life.alive || this.#away) return fails();
    const chaos = this.#chaos;
    if (chaos.strikes("broker-drops")) return fails();
    const copies = chaos.strikes("broker-duplicates") ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.received.push({ seq: entry.seq, record: entry.body });
    if (chaos.strikes("broker-ack-lost")) return fails();
    const delayMs = chaos.strikes("broker-slow") ? chaos.random.int(1_000, 9_000) : 20;
    return answer(this.#time, life, delayMs, () => true);
  }

  #weather(): void {
    this.#time.after(this.#chaos.random.int(20_000, 120_000), () => {
      if (this.#away) this.#turn(false);
      else if (this.#chaos.strikes("broker-away")) this.#turn(true);
      this.#weather();
    });
  }

  #turn(away: boolean): void {
    if (away === this.#away) return;
    this.#away = away;
    this.#listener(!away, away ? "away" : "connected");
  }
}
