import { decodeAnswer, encodeCommand, type VmcCommand } from "../frame.ts";

export interface Item {
  readonly number: number;
  readonly priceBase: number;
}

/**
 * What becomes of the next vend. Lost: the controller never reports it. Ends unsaid: the goods come, and the session
 * ends without a result.
 */
export type Fate = "vends" | "jams" | "lost-dropped" | "lost-kept" | "ends-unsaid";

export interface ControllerOptions {
  readonly items: readonly Item[];
  readonly vendMs: number;
  /** How long it waits for an approval before it gives the vend up. */
  readonly patienceMs: number;
}

type State = "resetting" | "setting-up" | "enabled" | "session" | "requested" | "dispensing" | "stuck";

/** Polls without an answer before the reader is taken for gone. */
const MOST_SILENT = 10;

/** The vending machine's controller: it asks, the reader answers; `poll` is one turn of it. */
export class SimulatedController {
  /** Sessions that it does not take up yet. */
  ignores = 0;
  /** Nothing but RESET is sent, as with a bus that the reader cannot answer on. */
  dead = false;
  fate: Fate = "vends";
  #options: ControllerOptions;
  #exchange: (block: Uint8Array) => Uint8Array | null;
  #state: State = "resetting";
  #silent = 0;
  #alwaysIdle = false;
  /** What one unit of an amount is worth, as the reader said. */
  #unitBase = 1;
  #funds = 0;
  #wanted: Item | null = null;
  #sinceMs = 0;
  #releasedBase = 0;
  #vends = 0;

  constructor(options: ControllerOptions, exchange: (block: Uint8Array) => Uint8Array | null) {
    this.#options = options;
    this.#exchange = exchange;
  }

  get state(): State {
    return this.#state;
  }

  /** What can be spent now, in hundredths; 0 without a session. */
  get fundsBase(): number {
    return this.#state === "session" ? this.#funds : 0;
  }

  get releasedBase(): number {
    return this.#releasedBase;
  }

  get vends(): number {
    return this.#vends;
  }

  /** The customer presses a button; pressed at another time than it can be used, it does nothing. */
  choose(item: Item): void {
    const free = this.#state === "enabled" && this.#alwaysIdle;
    if (free || (this.#state === "session" && item.priceBase <= this.#funds)) this.#request(item);
  }

  /** It starts anew, whatever it was doing. */
  reset(): void {
    this.#wanted = null;
    this.#funds = 0;
    this.#state = "resetting";
  }

  giveUp(): void {
    if (this.#state === "requested") this.#tell({ type: "vend-cancel" });
    else if (this.#state === "session") this.#complete();
  }

  poll(nowMs: number): void {
    if (this.dead || this.#state === "resetting") {
      if (this.#tell({ type: "reset" }) && !this.dead) this.#state = "setting-up";
      return;
    }
    if (this.#state === "dispensing" && nowMs - this.#sinceMs >= this.#options.vendMs) this.#dispense();
    if (this.#state === "requested" && nowMs - this.#sinceMs >= this.#options.patienceMs) {
      this.#sinceMs = nowMs;
      this.giveUp();
    }
    const answer = this.#ask({ type: "poll" });
    switch (answer?.type) {
      case "just-reset":
        this.#setUp();
        break;
      case "begin-session":
        if (this.ignores > 0) {
          this.ignores--;
          this.#complete();
          break;
        }
        this.#funds = answer.funds * this.#unitBase;
        this.#state = "session";
        break;
      case "approved":
        if (this.#state !== "requested") break;
        this.#state = "dispensing";
        this.#sinceMs = nowMs;
        break;
      case "cancel-request":
      case "denied":
        if (this.#state === "session" || this.#state === "requested") this.#complete();
        break;
      default:
        break;
    }
  }

  #setUp(): void {
    const config = this.#ask({ type: "setup", level: 3, display: [0, 0, 0] });
    if (config?.type !== "config") return;
    this.#alwaysIdle = (config.config.options & 0x20) !== 0;
    this.#unitBase = (config.config.scale * 100) / 10 ** config.config.places;
    this.#tell({ type: "prices", max: 0xffff, min: 0 });
    if (this.#alwaysIdle) this.#tell({ type: "options", alwaysIdle: true });
    if (this.#tell({ type: "enable" })) this.#state = "enabled";
  }

  #request(item: Item): void {
    this.#wanted = item;
    this.#sinceMs = performance.now();
    this.#state = "requested";
    this.#tell({ type: "request", price: Math.round(item.priceBase / this.#unitBase), item: item.number });
  }

  #dispense(): void {
    const item = this.#wanted;
    const { fate } = this;
    this.fate = "vends";
    if (item !== null && (fate === "vends" || fate === "lost-dropped" || fate === "ends-unsaid")) {
      this.#releasedBase += item.priceBase;
      this.#vends++;
    }
    if (fate === "lost-dropped" || fate === "lost-kept") {
      this.#state = "stuck";
      return;
    }
    if (fate === "ends-unsaid") {
      this.#complete();
      return;
    }
    this.#tell(fate === "jams" ? { type: "failure" } : { type: "success", item: item?.number ?? 0 });
    this.#complete();
  }

  #complete(): void {
    this.#tell({ type: "complete" });
    this.#wanted = null;
    this.#funds = 0;
    if (this.#state !== "resetting") this.#state = "enabled";
  }

  #tell(command: VmcCommand): boolean {
    return this.#ask(command) !== null;
  }

  #ask(command: VmcCommand) {
    const answer = this.#exchange(encodeCommand(command));
    this.#silent = answer === null ? this.#silent + 1 : 0;
    if (this.#silent >= MOST_SILENT) this.#state = "resetting";
    return answer === null ? null : decodeAnswer(answer);
  }
}
