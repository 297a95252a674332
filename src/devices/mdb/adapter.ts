import type { SerialLine } from "../../platform/serial/line.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import {
  type AdapterMessage,
  CASHLESS_OFF,
  CASHLESS_ON,
  encodeCommand,
  type HostCommand,
  misfitIn,
  parseMessage,
  type ReaderStatus,
  withoutStray,
} from "./codec.ts";
import { FAULTS } from "./faults.ts";
import type { MdbVendingSettings } from "./settings.ts";

export interface AdapterListener {
  /** What the adapter says while it is in use. */
  message(message: AdapterMessage): void;
  /** A request whose amount has other decimals than were agreed: the machine or the adapter is set to others. */
  misfit(amount: string): void;
  /** The adapter forgot everything or is gone: no session, no request, and no result will come any more. */
  lost(detail: string): void;
  /** Told when `ready` may have changed. */
  changed(): void;
}

interface Step {
  readonly command: HostCommand;
  accepts(message: AdapterMessage, tries: number): boolean;
  readonly tries: number;
  /** Whether the next step may be taken without an answer. */
  readonly optional: boolean;
}

/** Attempts to configure before they become slower. */
const QUICK_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 10_000;
const ALIVE_EVERY_MS = 10_000;
const MOST_MISSED = 3;
/** Of unknown lines one is told in this time, with how many there were. */
const UNKNOWN_EVERY_MS = 60_000;
const MOST_BYTES = 1_000_000;
/** States in which the reader has not been set up by the machine's controller. */
const BEFORE_SETUP: readonly (ReaderStatus | null)[] = ["OFFLINE", "ONLINE", "INACTIVE", null];

/** Keeps the adapter configured and switched on, whatever it forgets, and knows the state of its reader. */
export class MdbAdapter {
  readonly #settings: Required<MdbVendingSettings>;
  readonly #line: SerialLine<string>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: AdapterListener;
  readonly #steps: readonly Step[];
  /** Held: what it says is passed on, and nothing is sent. */
  #mode: "held" | "configuring" | "in-use" | "closed" = "held";
  #status: ReaderStatus | null = null;
  #linkDetail = "";
  #wasUp = false;
  #step = 0;
  #tries = 0;
  #failures = 0;
  #heard = true;
  #missed = 0;
  #unknown = { bytes: 0, lines: 0, toldAtMs: Number.NEGATIVE_INFINITY };
  #cancel: Cancel = () => {};

  constructor(
    settings: Required<MdbVendingSettings>,
    line: SerialLine<string>,
    clock: Clock,
    log: Log,
    listener: AdapterListener,
  ) {
    this.#settings = settings;
    this.#line = line;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
    this.#steps = stepsOf(settings);
  }

  /** Begins to listen. Nothing is sent before `configure`. */
  open(): void {
    this.#line.onFrame((text) => this.#onLine(text));
    this.#line.onLink((up, detail) => this.#onLink(up, detail));
  }

  get held(): boolean {
    return this.#mode === "held";
  }

  /** The machine's controller has enabled the reader. */
  get ready(): boolean {
    return this.#mode === "in-use" && (this.#status === "ENABLED" || this.#status === "IDLE");
  }

  get linked(): boolean {
    return this.#line.up;
  }

  /** Why it is not ready, and what to do. */
  get detail(): string {
    if (!this.#line.up) return FAULTS.port(this.#linkDetail);
    const garbled = this.#unknown.bytes + (this.#line.strayBytes ?? 0);
    if (this.#mode !== "in-use") return garbled > 0 ? FAULTS.garbled(String(garbled)) : FAULTS.silent();
    return BEFORE_SETUP.includes(this.#status) ? FAULTS.unset() : FAULTS.disabled();
  }

  /** Switches the reader off, which ends any session, configures it and switches it on; repeated until it is done. */
  configure(): void {
    if (this.#mode === "closed") return;
    this.#mode = "configuring";
    this.#status = null;
    this.#step = 0;
    this.#take(0);
    this.#listener.changed();
  }

  send(command: HostCommand): void {
    void this.#tell(command);
  }

  async #tell(command: HostCommand): Promise<void> {
    const line = encodeCommand(command, this.#settings.decimalPlaces);
    const told = await this.#line.tell(Buffer.from(`${line}\n`, "latin1"));
    if (told.kind !== "done") this.#log.debug({ line, told }, "a line to the adapter did not leave");
  }

  /** Leaves the reader on when something that it will still report is under way. */
  async close(leaveOn: boolean): Promise<void> {
    if (this.#mode === "closed") return;
    this.#mode = "closed";
    this.#cancel();
    if (!leaveOn) await this.#tell({ type: "disable" });
    await this.#line.close();
  }

  #onLink(up: boolean, detail: string): void {
    this.#linkDetail = detail;
    if (this.#mode === "closed") return;
    if (up && this.#mode !== "held") this.configure();
    if (!up && this.#wasUp) this.#lose(detail);
    this.#wasUp = up;
    this.#listener.changed();
  }

  #lose(detail: string): void {
    const { held } = this;
    this.#cancel();
    if (!held) this.#mode = "configuring";
    this.#status = null;
    this.#listener.lost(detail);
  }

  #onLine(line: string): void {
    if (this.#mode === "closed") return;
    const text = withoutStray(line);
    const message = parseMessage(text, this.#settings.decimalPlaces);
    if (message === null) {
      const amount = misfitIn(text);
      if (amount === null) this.#onUnknown(text);
      else if (this.#mode === "in-use") this.#listener.misfit(amount);
      return;
    }
    this.#heard = true;
    this.#unknown.bytes = 0;
    if (this.#mode === "held") this.#listener.message(message);
    else if (this.#mode === "configuring") this.#answered(message);
    else this.#use(message);
  }

  #onUnknown(text: string): void {
    const unknown = this.#unknown;
    unknown.bytes = Math.min(unknown.bytes + text.length, MOST_BYTES);
    unknown.lines++;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - unknown.toldAtMs < UNKNOWN_EVERY_MS) return;
    this.#log.warn({ text, lines: unknown.lines }, "the MDB adapter says what is not known: is its cable disturbed?");
    this.#unknown = { ...unknown, lines: 0, toldAtMs: nowMs };
  }

  #use(message: AdapterMessage): void {
    const off = message.type === "error" && message.text === CASHLESS_OFF;
    const restarted =
      message.type === "status" && BEFORE_SETUP.includes(message.status) && !BEFORE_SETUP.includes(this.#status);
    if (off || restarted || (message.type === "status" && message.status === "OFFLINE")) {
      this.#log.warn({ message }, "the MDB adapter or the machine's controller started anew");
      this.#lose("the adapter or the machine's controller started anew");
      this.configure();
      return;
    }
    if (message.type === "status") this.#status = message.status;
    this.#listener.message(message);
    if (message.type === "status") this.#listener.changed();
  }

  #take(tries: number): void {
    this.#cancel();
    const step = this.#steps[this.#step];
    if (step === undefined || !this.#line.up) return;
    if (tries >= step.tries) {
      if (step.optional) {
        this.#step++;
        this.#take(0);
      } else this.#pause();
      return;
    }
    this.send(step.command);
    this.#tries = tries;
    this.#cancel = this.#clock.after(this.#settings.answerTimeoutMs, () => this.#take(tries + 1));
  }

  /** All begins again: a late answer to one step must not pass for the answer to the next. */
  #pause(): void {
    this.#cancel();
    const delayMs = Math.min(
      this.#settings.answerTimeoutMs * 2 ** Math.max(0, this.#failures - QUICK_ATTEMPTS),
      LONGEST_PAUSE_MS,
    );
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#step = 0;
    this.#cancel = this.#clock.after(delayMs, () => this.#take(0));
  }

  #answered(message: AdapterMessage): void {
    const step = this.#steps[this.#step];
    if (step === undefined) return;
    // The reader was never switched off, so nothing of what was sent may have been taken.
    if (isError(message, CASHLESS_ON) && !step.accepts(message, this.#tries)) {
      this.#pause();
      return;
    }
    if (message.type === "error")
      this.#log.warn({ command: step.command, message }, "the MDB adapter refuses a command");
    if (!step.accepts(message, this.#tries)) return;
    this.#step++;
    if (this.#step < this.#steps.length) {
      this.#take(0);
      return;
    }
    this.#cancel();
    this.#mode = "in-use";
    this.#failures = 0;
    this.#status = message.type === "status" ? message.status : null;
    this.#missed = 0;
    this.#watchAlive();
    this.#listener.changed();
  }

  /** Switching on what is on changes nothing and has an answer; an adapter that forgot everything becomes known by it. */
  #watchAlive(): void {
    this.#cancel = this.#clock.after(ALIVE_EVERY_MS, () => {
      this.#missed = this.#heard ? 0 : this.#missed + 1;
      this.#heard = false;
      if (this.#missed >= MOST_MISSED) {
        this.#lose("the adapter is silent");
        this.configure();
        return;
      }
      this.send({ type: "enable" });
      this.#watchAlive();
    });
  }
}

function isError(message: AdapterMessage, text: string): boolean {
  return message.type === "error" && message.text === text;
}

function stepsOf(settings: Required<MdbVendingSettings>): readonly Step[] {
  const { flow, currencyNumber, address, decimalPlaces, scaleFactor } = settings;
  const configuration = [
    ["mdb-currency-code", `0x1${String(currencyNumber).padStart(3, "0")}`],
    ["mdb-always-idle", flow === "always-idle" ? "1" : "0"],
  ];
  // Firmware differs in the names of these, so they are left at what they are by default where that will do.
  if (address !== 0x10) configuration.push(["mdb-addr", `0x${address.toString(16)}`]);
  if (decimalPlaces !== 2) configuration.push(["mdb-decimal-places", String(decimalPlaces)]);
  if (scaleFactor !== 1) configuration.push(["mdb-scale-factor", String(scaleFactor)]);
  return [
    {
      command: { type: "disable" },
      tries: 3,
      optional: true,
      accepts: (message) =>
        (message.type === "status" && message.status === "OFFLINE") ||
        (message.type === "switched" && !message.on) ||
        isError(message, CASHLESS_OFF),
    },
    ...configuration.map(
      ([name = "", value = ""]): Step => ({
        command: { type: "configure", name, value },
        tries: 1,
        optional: false,
        accepts: (message) => message.type === "configured",
      }),
    ),
    {
      command: { type: "enable" },
      tries: 3,
      optional: false,
      // On a later try, being on already is what the first try came to.
      accepts: (message, tries) =>
        (message.type === "status" && message.status !== "OFFLINE") || (tries > 0 && isError(message, CASHLESS_ON)),
    },
  ];
}
