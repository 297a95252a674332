import {
  type AdapterMessage,
  CASHLESS_OFF,
  CASHLESS_ON,
  type DecimalPlaces,
  formatAmount,
  type HostCommand,
  parseCommand,
} from "../codec.ts";
import { decodeCommand, encodeAnswer, type ReaderAnswer, type VmcCommand } from "../frame.ts";

type ReaderState = "off" | "inactive" | "disabled" | "enabled" | "idle" | "vend" | "approved";

const LINE_BYTES = 80;
const UNKNOWN_PRICE = 0xffff;
const PARAMETERS = new Map([
  ["mdb-addr", /^0x[16]0$/],
  ["mdb-currency-code", /^0x1\d{3}$/],
  ["mdb-decimal-places", /^[0-3]$/],
  ["mdb-scale-factor", /^\d{1,3}$/],
  ["mdb-always-idle", /^[01]$/],
]);

/**
 * The adapter as it stands between host and bus: text lines on one side, a cashless reader that answers MDB blocks on
 * the other. Level 1 formats, but for the option "always idle".
 */
export class SimulatedReader {
  /** Some firmware puts errors in quotes, some does not. */
  quotesErrors = true;
  /** It hangs: nothing is heard and nothing said on either side. */
  hangs = false;
  /** It writes amounts with three decimals, whatever it was told. */
  writesThree = false;
  /** What it says is said twice. */
  repeats = false;
  #say: (line: string) => void;
  #state: ReaderState = "off";
  #configuration = new Map<string, string>();
  #alwaysIdle = false;
  #answers: ReaderAnswer[] = [];
  #half = "";

  constructor(say: (line: string) => void) {
    this.#say = (line) => {
      say(line);
      if (this.repeats) say(line);
    };
  }

  get state(): ReaderState {
    return this.#state;
  }

  powerCycle(): void {
    this.hangs = false;
    this.#state = "off";
    this.#configuration = new Map();
    this.#alwaysIdle = false;
    this.#answers = [];
    this.#half = "";
  }

  fromHost(bytes: Uint8Array): void {
    const lines = (this.#half + Buffer.from(bytes).toString("latin1")).split("\n");
    this.#half = (lines.pop() ?? "").slice(-LINE_BYTES);
    if (this.hangs) return;
    for (const line of lines) {
      const command = parseCommand(line.replace(/\r$/, ""), this.#places);
      if (command !== null) this.#obey(command);
    }
  }

  /** The answer on the bus; null where a reader stays silent. */
  fromBus(block: Uint8Array): Uint8Array | null {
    const command = decodeCommand(block);
    if (command === null || this.#state === "off" || this.hangs) return null;
    return encodeAnswer(this.#answer(command));
  }

  #obey(command: HostCommand): void {
    const isOn = this.#state !== "off";
    if (command.type === "enable" || command.type === "configure") {
      if (isOn) this.#tell({ type: "error", text: CASHLESS_ON });
      else if (command.type === "enable") this.#enter("inactive", [{ type: "just-reset" }]);
      else this.#configure(command.name, command.value);
    } else if (!isOn) this.#tell({ type: "error", text: CASHLESS_OFF });
    else if (command.type === "disable") {
      this.#enter("off");
    } else if (command.type === "start") this.#start(command.fundsBase);
    else if (command.type === "approve") this.#approve(command.amountBase);
    else if (this.#state === "idle") this.#answers.push({ type: "cancel-request" });
    else if (this.#state === "vend") this.#deny();
    else this.#tell({ type: "refused", command: "STOP", code: -3 });
  }

  #configure(name: string, value: string): void {
    if (PARAMETERS.get(name)?.test(value) === true) {
      this.#configuration.set(name, value);
      this.#tell({ type: "configured" });
    } else this.#tell({ type: "error", text: "SETCONF" });
  }

  #start(fundsBase: number): void {
    const funds = this.#unitsOf(fundsBase);
    if (this.#state !== "enabled" || this.#alwaysIdle || funds === null) {
      this.#tell({ type: "refused", command: "START", code: -3 });
      return;
    }
    this.#state = "idle";
    this.#answers.push({ type: "begin-session", funds });
    this.#say(`c,STATUS,IDLE,${this.#write(fundsBase)}`);
  }

  #approve(amountBase: number): void {
    const amount = this.#unitsOf(amountBase);
    if (this.#state === "vend" && amount !== null) {
      this.#state = "approved";
      this.#answers.push({ type: "approved", amount });
    } else this.#tell({ type: "refused", command: "VEND", code: -3 });
  }

  #deny(): void {
    this.#enter("idle", [{ type: "denied" }]);
  }

  #answer(command: VmcCommand): ReaderAnswer {
    switch (command.type) {
      case "reset":
        this.#alwaysIdle = false;
        this.#enter("inactive", [{ type: "just-reset" }]);
        break;
      case "poll":
        return this.#answers.shift() ?? { type: "ack" };
      case "setup":
        this.#enter("disabled");
        return { type: "config", config: this.#readerConfig() };
      case "options":
        this.#alwaysIdle = command.alwaysIdle && this.#wantsAlwaysIdle;
        break;
      case "enable":
        this.#enter("enabled");
        break;
      case "disable":
        this.#enter("disabled");
        break;
      case "request":
        this.#state = "vend";
        this.#say(`c,STATUS,VEND,${this.#write(command.price * this.#unitBase)},${command.item}`);
        break;
      case "vend-cancel":
        this.#deny();
        break;
      case "success":
        this.#say("c,VEND,SUCCESS");
        this.#enter("idle");
        break;
      case "failure":
        this.#state = "idle";
        this.#tell({ type: "refused", command: "VEND", code: 3 });
        break;
      case "complete":
        this.#enter("enabled");
        return { type: "end-session" };
      case "cancel":
      case "prices":
      case "cash-sale":
        break;
    }
    return { type: "ack" };
  }

  get #wantsAlwaysIdle(): boolean {
    return this.#configuration.get("mdb-always-idle") === "1";
  }

  get #places(): DecimalPlaces {
    return Number(this.#configuration.get("mdb-decimal-places") ?? 2) as DecimalPlaces;
  }

  get #scale(): number {
    return Number(this.#configuration.get("mdb-scale-factor") ?? 1);
  }

  /** What one unit of an amount on the bus is worth. */
  get #unitBase(): number {
    return (this.#scale * 100) / 10 ** this.#places;
  }

  /** An amount as the bus has it; null for one that it cannot have. */
  #unitsOf(base: number): number | null {
    const units = base / this.#unitBase;
    return Number.isInteger(units) && units < UNKNOWN_PRICE ? units : null;
  }

  #write(base: number): string {
    return formatAmount(base, this.writesThree ? 3 : this.#places);
  }

  #readerConfig() {
    const currency = Number(this.#configuration.get("mdb-currency-code") ?? 0x1978);
    const options = this.#wantsAlwaysIdle ? 0x20 : 0;
    return {
      level: options === 0 ? 1 : 3,
      currency,
      scale: this.#scale,
      places: this.#places,
      responseSeconds: 5,
      options,
    };
  }

  /** A change of state is told, and what was to be answered in the last one is not answered any more. */
  #enter(state: Exclude<ReaderState, "vend" | "approved">, answers: ReaderAnswer[] = []): void {
    this.#answers = answers;
    if (state === this.#state) return;
    this.#state = state;
    this.#say(`c,STATUS,${state === "off" ? "OFFLINE" : state.toUpperCase()}`);
  }

  #tell(message: Extract<AdapterMessage, { type: "configured" | "error" | "refused" }>): void {
    const quote = this.quotesErrors ? '"' : "";
    if (message.type === "configured") this.#say("c,SET,OK");
    else if (message.type === "error") this.#say(`c,ERR,${quote}${message.text}${quote}`);
    else this.#say(`c,ERR,${quote}${message.command} ${message.code}${quote}`);
  }
}
