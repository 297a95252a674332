import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { Account } from "./account.ts";
import { statusAnswer } from "./codec.ts";
import type { Delivery } from "./delivery.ts";
import { FAULTS } from "./faults.ts";
import type { Station } from "./station.ts";

const ORDER_MS = 10_000;
const START_MS = 60_000;
const AGAIN_MS = 2_000;
/** How long a reading is waited for that was asked for, and how old one may be that needs no asking. */
const READING_MS = 3_000;
const FRESH_MS = 10_000;
const LOOK_MS = 100;

/** Has a charger begin: with a tag of its own, which is on disk before the charger hears of it. */
export class Starter {
  readonly #station: Station;
  readonly #connector: number;
  readonly #account: Account;
  readonly #newTag: () => string;
  readonly #clock: Clock;
  #orderedMs = Number.NEGATIVE_INFINITY;
  /** Whether the charger tells its meter when it is asked to. */
  #tellsMeter = true;

  constructor(station: Station, connector: number, account: Account, newTag: () => string, clock: Clock) {
    this.#station = station;
    this.#connector = connector;
    this.#account = account;
    this.#newTag = newTag;
    this.#clock = clock;
  }

  /** When a start was ordered last. */
  get orderedMs(): number {
    return this.#orderedMs;
  }

  /** `done` once the charger has said that it has begun, and that is on record. */
  async begin(delivery: Delivery, isCurrent: () => boolean): Promise<Outcome<null>> {
    const tag = this.#newTag();
    delivery.phase = "starting";
    delivery.tag = tag;
    const started = new Promise<Outcome<null>>((resolve) => {
      delivery.begun = resolve;
    });
    await this.#readRest();
    if (!isCurrent()) return await started;
    if (!(await this.#account.expect(tag))) return unknown("the start could not be put on record");
    if (!isCurrent()) {
      if (this.#account.tag === tag) await this.#account.expect(null);
      return await started;
    }
    const ordered = await this.#order(tag, isCurrent);
    if (ordered.kind === "declined" && this.#account.tag === tag) await this.#account.expect(null);
    if (ordered.kind !== "done" && isCurrent() && delivery.phase === "starting") return ordered;
    this.#clock.after(START_MS, () => delivery.begun(unknown(FAULTS.startless())));
    return await started;
  }

  /** Where the register stands before anything flows: of a charger that says nothing of it at the start. */
  async #readRest(): Promise<void> {
    const askedMs = this.#clock.monotonicMs();
    const { restedMs } = this.#account;
    if (!this.#tellsMeter || (restedMs !== null && askedMs - restedMs <= FRESH_MS)) return;
    const asked = { requestedMessage: "MeterValues", connectorId: this.#connector };
    const answer = await this.#station.ask("TriggerMessage", asked, statusAnswer, { timeoutMs: ORDER_MS });
    if (answer.kind === "declined") this.#tellsMeter = false;
    if (answer.kind !== "done") return;
    if (answer.value.status !== "Accepted") {
      this.#tellsMeter = answer.value.status === "Rejected";
      return;
    }
    const overMs = this.#clock.monotonicMs() + READING_MS;
    while ((this.#account.restedMs ?? 0) <= askedMs && this.#clock.monotonicMs() < overMs)
      await wait(this.#clock, LOOK_MS);
  }

  /** A "no" is asked about once more: some say it while they are still busy with the last car. */
  async #order(idTag: string, isCurrent: () => boolean): Promise<Outcome<null>> {
    const payload = { connectorId: this.#connector, idTag };
    for (let attempt = 0; ; attempt++) {
      this.#orderedMs = this.#clock.monotonicMs();
      const answer = await this.#station.ask("RemoteStartTransaction", payload, statusAnswer, { timeoutMs: ORDER_MS });
      if (answer.kind !== "done") return answer;
      if (answer.value.status === "Accepted") return done(null);
      if (answer.value.status !== "Rejected") return unknown(`the charger says ${answer.value.status} to a start`);
      if (attempt > 0 || !isCurrent()) return declined("refused", "the charger refuses to start");
      await wait(this.#clock, AGAIN_MS);
    }
  }
}
