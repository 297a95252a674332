import { backoffMs, Nap } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { RunningBrowser } from "./launch.ts";
import { Patience, type PatienceSettings } from "./patience.ts";

export interface KeeperSettings extends PatienceSettings {
  readonly pollMs: number;
  /** The waits before one start after another; the last one repeats. */
  readonly backoffMs: readonly number[];
  /** After so much health in one piece the waits begin anew. */
  readonly wellMs: number;
}

export const KEEPER: KeeperSettings = {
  pollMs: 2_000,
  staleMs: 15_000,
  graceMs: 30_000,
  backoffMs: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
  wellMs: 300_000,
};

/** What a step besides waiting takes at the most: to ask, to start or to end a browser. */
const LONGEST_STEP_MS = 30_000;

interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  launch(): RunningBrowser;
  heartbeat(): Promise<Heartbeat>;
}

/** Keeps one browser running, and replaces one whose page falls silent. */
export class BrowserKeeper {
  readonly #settings: KeeperSettings;
  readonly #around: Surroundings;
  readonly #nap = new Nap();
  #isEnding = false;
  #failures = 0;
  #dueMs: number;

  constructor(settings: KeeperSettings, around: Surroundings) {
    this.#settings = settings;
    this.#around = around;
    this.#dueMs = around.clock.monotonicMs() + LONGEST_STEP_MS;
  }

  /** False when a step takes longer than any should. */
  isMoving(): boolean {
    return this.#around.clock.monotonicMs() < this.#dueMs;
  }

  /** Resolves when it was told to end, and the browser has. */
  async run(): Promise<void> {
    const { log } = this.#around;
    while (!this.#isEnding) {
      // Without a daemon there is no page, and Chromium's own page of errors is nothing to show to a customer.
      await this.#untilDaemonAnswers();
      if (this.#isEnding) return;
      const browser = this.#around.launch();
      log.info({ pid: browser.pid }, "the browser is started");
      const reason = await this.#watch(browser);
      const isGone = await browser.end();
      if (!isGone) log.error({ pid: browser.pid }, "processes of the browser cannot be ended");
      if (this.#isEnding) return;
      const delayMs = backoffMs(this.#settings.backoffMs, this.#failures);
      this.#failures += 1;
      log.warn({ reason, delayMs }, "the browser is started anew");
      await this.#sleep(delayMs);
    }
  }

  end(): void {
    this.#isEnding = true;
    this.#nap.cut();
  }

  async #untilDaemonAnswers(): Promise<void> {
    let isTold = false;
    while (!this.#isEnding) {
      const heartbeat = await this.#around.heartbeat();
      if (heartbeat.kind === "answer") return;
      if (!isTold) this.#around.log.warn({ detail: heartbeat.detail }, "the daemon does not answer: waiting for it");
      isTold = true;
      await this.#sleep(this.#settings.pollMs);
    }
  }

  /** Resolves with the reason why this browser is of no use any more. */
  async #watch(browser: RunningBrowser): Promise<string> {
    const { clock } = this.#around;
    const { pollMs, wellMs } = this.#settings;
    const patience = new Patience(this.#settings, clock.monotonicMs());
    let ended: string | null = null;
    void browser.ended.then((how) => {
      ended = how;
      this.#nap.cut();
    });
    while (!this.#isEnding) {
      const heartbeat = await this.#around.heartbeat();
      if (ended !== null) return ended;
      const nowMs = clock.monotonicMs();
      if (patience.judge(heartbeat, nowMs) === "missing") return "its page sends no heartbeat";
      if (patience.wellForMs(nowMs) >= wellMs) this.#failures = 0;
      await this.#sleep(pollMs);
      if (ended !== null) return ended;
    }
    return "told to end";
  }

  async #sleep(delayMs: number): Promise<void> {
    const { clock } = this.#around;
    this.#dueMs = clock.monotonicMs() + delayMs + LONGEST_STEP_MS;
    if (!this.#isEnding) await this.#nap.take(clock, delayMs);
  }
}
