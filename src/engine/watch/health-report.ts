import { isoTime } from "../../core/time.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Machine } from "../../ports/machine.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { POLICY } from "../policy.ts";

export interface HealthReportDeps {
  readonly machine: Machine;
  readonly outbox: Pick<Outbox, "lengths">;
  readonly telemetry: Pick<Telemetry, "report">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells operators once a minute how the machine is. */
export class HealthReport {
  readonly #deps: HealthReportDeps;
  #cancel: Cancel = () => {};

  constructor(deps: HealthReportDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, log } = this.#deps;
    this.#cancel = clock.after(POLICY.reportMs, () => {
      this.#tell().catch((error: unknown) => log.error({ error: String(error) }, "the machine's health is not known"));
      this.start();
    });
  }

  close(): void {
    this.#cancel();
  }

  async #tell(): Promise<void> {
    const { machine, outbox, telemetry, clock } = this.#deps;
    const [state, waiting] = await Promise.all([machine.read(), outbox.lengths()]);
    telemetry.report({ at: isoTime(clock.wallMs()), ...state, outbox: waiting });
  }
}
