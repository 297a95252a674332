import { Repeats } from "../../core/repeats.ts";
import { backoffMs } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Message, Notice, Sender } from "./notice.ts";

/** What waits for one way; more than anybody reads. */
const WAITING_MAX = 20;
const RETRIES_MS = [30_000, 120_000, 600_000, 3_600_000];

/** What waits to go one way: tried again until it went, together with what came meanwhile. */
export class Outgoing {
  readonly #sender: Sender;
  readonly #kiosk: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #failing = new Repeats();
  #waiting: readonly Notice[] = [];
  #left = 0;
  #attempt = 0;
  #isSending = false;
  #cancel: Cancel = () => {};

  constructor(sender: Sender, kiosk: string, clock: Clock, log: Log) {
    this.#sender = sender;
    this.#kiosk = kiosk;
    this.#clock = clock;
    this.#log = log;
  }

  add(notices: readonly Notice[]): void {
    const all = [...this.#waiting, ...notices];
    this.#waiting = all.slice(-WAITING_MAX);
    this.#left += all.length - this.#waiting.length;
    if (this.#isSending || this.#attempt > 0) return;
    void this.#send();
  }

  close(): void {
    this.#waiting = [];
    this.#cancel();
  }

  async #send(): Promise<void> {
    const [notices, left] = [this.#waiting, this.#left];
    if (notices.length === 0) return;
    this.#isSending = true;
    const outcome = await this.#sender.send(messageOf(this.#kiosk, notices, left));
    this.#isSending = false;
    if (outcome.kind === "done") {
      const sent = new Set(notices);
      this.#waiting = this.#waiting.filter((each) => !sent.has(each));
      this.#left -= left;
      this.#attempt = 0;
      if (this.#failing.well() > 0) this.#log.info({ way: this.#sender.name }, "alerts go out again");
      void this.#send();
      return;
    }
    const times = this.#failing.failed(outcome.detail, this.#clock.monotonicMs());
    const fields = { way: this.#sender.name, detail: outcome.detail, times };
    if (times !== null) this.#log.warn(fields, "an alert did not go out; it is tried again");
    this.#cancel = this.#clock.after(backoffMs(RETRIES_MS, this.#attempt++), () => void this.#send());
  }
}

export function messageOf(kiosk: string, notices: readonly Notice[], left = 0): Message {
  const severity = notices.some((each) => each.severity === "blocking" && each.what !== "over")
    ? "blocking"
    : "warning";
  const [first] = notices;
  if (first !== undefined && notices.length === 1 && left === 0) {
    return { kiosk, severity, notices, title: `${kiosk}: ${first.title}`, text: first.text };
  }
  const texts = notices.map(({ title, text }) => `${title}\n${text}`);
  const more = left === 0 ? [] : [`and ${left} older ones, which are in the log`];
  return {
    kiosk,
    severity,
    notices,
    title: `${kiosk}: ${notices.length + left} alerts`,
    text: [...texts, ...more].join("\n\n"),
  };
}
