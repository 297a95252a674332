import type { z } from "zod";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../ports/outcome.ts";
import { type CallOptions, Calls, type Wire } from "./calls.ts";
import * as codec from "./codec.ts";
import type { Cause } from "./faults.ts";
import { FAULTS } from "./faults.ts";
import { decodeFrame, type ErrorCode, encodeFrame } from "./frame.ts";
import { configure, type SetupSettings } from "./setup.ts";

/** A connector as its charger needs it. */
export interface Connector {
  readonly id: number;
  /** Nothing runs, and nothing may begin. */
  readonly isIdle: boolean;
  linked(isUp: boolean): void;
  rebooted(): void;
  status(note: codec.StatusNotification): void;
  sampled(values: codec.MeterValues): void;
  /** Null while it is not on record: then the charger gets no answer, and asks again. */
  started(message: codec.StartTransaction): Promise<{ readonly id: number; readonly accepted: boolean } | null>;
  /** False while it is not on record. */
  stopped(message: codec.StopTransaction): Promise<boolean>;
  /** How well the message fits to what runs here: the best of several gets it. */
  fits(message: codec.StopTransaction): number;
  /** Whether the transaction runs here. */
  runs(transactionId: number): boolean;
  authorizes(tag: string): boolean;
  note(cause: Cause, detail: string | null): void;
  warn(detail: string | null): void;
}

/** A charger that comes sends a BootNotification at once, unless only its connection was lost. */
const BOOT_WAIT_MS = 5_000;
const BOOT_PATIENCE_MS = 55_000;
const AFTER_BOOT_MS = 500;
/** Queued transactions come one after the other: after so long without one none is left. */
const QUIET_MS = 5_000;
const SETUP_AGAIN_MS = 10_000;
/** Of messages about transactions, being put on record. */
const MOST_PENDING = 32;
const HEARTBEAT_S = 60;

/** One charger, whatever connection it has now: what it says goes to its connectors, and what they ask it goes out in turns. */
export class Station {
  readonly identity: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #calls: Calls;
  readonly #settings: SetupSettings;
  readonly #connectors = new Map<number, Connector>();
  #wire: Wire | null = null;
  #cancel: Cancel = () => {};
  /** Whether it was heard of in this life, so that a new connection without a BootNotification is no restart. */
  #isKnown = false;
  #isSetUp = false;
  #isSettingUp = false;
  #hasReset = false;
  #quietSinceMs: number | null = null;
  #isDrained = false;
  #turn: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(identity: string, settings: SetupSettings, clock: Clock, log: Log, newId: () => string) {
    this.identity = identity;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#calls = new Calls(clock, newId);
  }

  add(connector: Connector): void {
    this.#connectors.set(connector.id, connector);
  }

  has(connector: number): boolean {
    return this.#connectors.has(connector);
  }

  get isUp(): boolean {
    return this.#wire !== null;
  }

  /** It is set up, and nothing is left of what it could not send before its connection was there. */
  get isReady(): boolean {
    const sinceMs = this.#quietSinceMs;
    if (sinceMs !== null && this.#clock.monotonicMs() - sinceMs >= QUIET_MS) this.#isDrained = true;
    return this.#isSetUp && this.#isDrained;
  }

  ask<T>(action: string, payload: object, answer: z.ZodType<T>, options?: CallOptions): Promise<Outcome<T>> {
    return this.#calls.ask(action, payload, answer, options);
  }

  /** The connection of before is closed: a charger has one, and does not always say that it left it. */
  attach(wire: Wire): void {
    this.#wire?.close();
    this.#cancel();
    this.#wire = wire;
    this.#quietSinceMs = null;
    this.#isDrained = false;
    this.#calls.use(wire);
    wire.onText((text) => this.#received(wire, text));
    wire.onClose(() => this.#lost(wire));
    for (const each of this.#connectors.values()) each.linked(true);
    this.#cancel = this.#clock.after(BOOT_WAIT_MS, () => void this.#askBoot(wire));
  }

  close(): void {
    this.#cancel();
    const wire = this.#wire;
    this.#wire = null;
    this.#calls.use(null);
    wire?.close();
  }

  #lost(wire: Wire): void {
    if (wire !== this.#wire) return;
    this.#cancel();
    this.#wire = null;
    this.#quietSinceMs = null;
    this.#isDrained = false;
    this.#calls.use(null);
    for (const each of this.#connectors.values()) each.linked(false);
  }

  /** It has said nothing of who it is: after a loss of the connection alone that is usual. */
  async #askBoot(wire: Wire): Promise<void> {
    if (this.#isKnown) {
      // It may have restarted all the same; asked to say so, it would say that it has.
      if ([...this.#connectors.values()].every(({ isIdle }) => isIdle)) this.#isSetUp = false;
      this.#enter(wire);
      return;
    }
    const asked = { requestedMessage: "BootNotification" };
    const answer = await this.#calls.ask("TriggerMessage", asked, codec.statusAnswer, { isFirst: true });
    if (wire !== this.#wire || this.#quietSinceMs !== null) return;
    const willCome = answer.kind === "done" && answer.value.status === "Accepted";
    this.#cancel = this.#clock.after(willCome ? BOOT_PATIENCE_MS : 0, () => this.#enter(wire));
  }

  #enter(wire: Wire): void {
    if (wire !== this.#wire) return;
    this.#cancel();
    this.#quietSinceMs ??= this.#clock.monotonicMs();
    this.#calls.openGate();
    if (!this.#isSetUp) void this.#setUp(wire);
  }

  async #setUp(wire: Wire): Promise<void> {
    if (this.#isSettingUp) return;
    this.#isSettingUp = true;
    const result = await configure(this.#calls, this.#settings);
    this.#isSettingUp = false;
    if (wire !== this.#wire) return;
    const connectors = [...this.#connectors.values()];
    if (result.kind !== "done") {
      for (const each of connectors) each.note("keys", FAULTS.noSetup(result.detail));
      this.#cancel = this.#clock.after(SETUP_AGAIN_MS, () => void this.#setUp(wire));
      return;
    }
    const { fault, warning, needsReboot } = result.value;
    for (const each of connectors) {
      each.note("keys", fault);
      each.warn(warning);
    }
    this.#isSetUp = true;
    this.#quietSinceMs = this.#clock.monotonicMs();
    if (needsReboot && !this.#hasReset && connectors.every(({ isIdle }) => isIdle)) {
      this.#hasReset = true;
      await this.#calls.ask("Reset", { type: "Soft" }, codec.statusAnswer);
    }
  }

  #received(wire: Wire, text: string): void {
    if (wire !== this.#wire) return;
    const frame = decodeFrame(text);
    if (frame === undefined) {
      this.#log.warn({ length: text.length }, "a charger sent what is no message");
      return;
    }
    if (frame.kind !== "call") {
      this.#calls.answered(frame);
      return;
    }
    const { id, action, payload } = frame;
    const answer = (result: object): void => {
      if (wire === this.#wire) wire.send(encodeFrame({ kind: "result", id, payload: result }));
    };
    const refuse = (code: ErrorCode, description: string): void => {
      if (wire === this.#wire) wire.send(encodeFrame({ kind: "error", id, code, description }));
    };
    this.#serve(wire, action, payload, answer, refuse);
  }

  #serve(
    wire: Wire,
    action: string,
    payload: unknown,
    answer: (result: object) => void,
    refuse: (code: ErrorCode, description: string) => void,
  ): void {
    const read = <T>(schema: z.ZodType<T>, take: (message: T) => void): void => {
      const message = schema.safeParse(payload);
      if (message.success) take(message.data);
      else refuse("FormationViolation", `${action} cannot be understood`);
    };
    switch (action) {
      case "BootNotification":
        read(codec.bootNotification, (boot) => this.#booted(wire, boot, answer));
        break;
      case "Heartbeat":
        answer({ currentTime: this.#now() });
        break;
      case "StatusNotification":
        read(codec.statusNotification, (note) => {
          answer({});
          this.#noted(note);
        });
        break;
      case "MeterValues":
        read(codec.meterValues, (values) => {
          answer({});
          this.#sampled(values);
        });
        break;
      case "Authorize":
        read(codec.authorize, ({ idTag }) => {
          const isOurs = [...this.#connectors.values()].some((each) => each.authorizes(idTag));
          answer({ idTagInfo: { status: isOurs ? "Accepted" : "Invalid" } });
        });
        break;
      case "StartTransaction":
        read(codec.startTransaction, (message) => this.#inTurn(() => this.#started(message, answer)));
        break;
      case "StopTransaction":
        read(codec.stopTransaction, (message) => this.#inTurn(() => this.#stopped(message, answer)));
        break;
      case "DataTransfer":
        answer({ status: "UnknownVendorId" });
        break;
      case "DiagnosticsStatusNotification":
      case "FirmwareStatusNotification":
      case "SecurityEventNotification":
        answer({});
        break;
      default:
        refuse("NotImplemented", `${action} is not known here`);
    }
  }

  #booted(wire: Wire, boot: z.output<typeof codec.bootNotification>, answer: (result: object) => void): void {
    answer({ status: "Accepted", currentTime: this.#now(), interval: HEARTBEAT_S });
    this.#log.info({ charger: this.identity, ...boot }, "a charger has started");
    this.#isKnown = true;
    this.#isSetUp = false;
    this.#quietSinceMs = null;
    this.#isDrained = false;
    for (const each of this.#connectors.values()) each.rebooted();
    this.#cancel();
    this.#cancel = this.#clock.after(AFTER_BOOT_MS, () => this.#enter(wire));
  }

  async #started(message: codec.StartTransaction, answer: (result: object) => void): Promise<void> {
    const connector = this.#connectorFor(message.connectorId);
    const begun = connector === undefined ? null : await connector.started(message);
    if (begun !== null) {
      answer({ transactionId: begun.id, idTagInfo: { status: begun.accepted ? "Accepted" : "Invalid" } });
    } else if (connector === undefined) {
      // No position sells there, and nothing runs there that this program has begun.
      this.#log.warn({ connector: message.connectorId }, "a transaction at a connector that nothing is sold from");
      answer({ transactionId: 0, idTagInfo: { status: "Invalid" } });
    }
  }

  async #stopped(message: codec.StopTransaction, answer: (result: object) => void): Promise<void> {
    const [best] = [...this.#connectors.values()].sort((one, other) => other.fits(message) - one.fits(message));
    if (best === undefined || (await best.stopped(message))) answer({});
  }

  /** Messages about transactions one after the other, in the order in which they came. */
  #inTurn(work: () => Promise<void>): void {
    if (this.#quietSinceMs !== null) this.#quietSinceMs = this.#clock.monotonicMs();
    if (this.#pending >= MOST_PENDING) return;
    this.#pending += 1;
    this.#turn = this.#turn.then(work).then(
      () => {
        this.#pending -= 1;
      },
      (error: unknown) => {
        this.#pending -= 1;
        this.#log.error({ error: String(error) }, "a message of a charger could not be taken");
      },
    );
  }

  #noted(note: codec.StatusNotification): void {
    const connector = this.#connectors.get(note.connectorId);
    if (connector !== undefined) connector.status(note);
    // The station as a whole: what is wrong with it is wrong with all.
    else if (note.connectorId === 0) for (const each of this.#connectors.values()) each.status(note);
  }

  #sampled(values: codec.MeterValues): void {
    const running = [...this.#connectors.values()].find((each) => each.runs(values.transactionId ?? -1));
    (running ?? this.#connectorFor(values.connectorId))?.sampled(values);
  }

  /** There are stations with one connector that number it 0. */
  #connectorFor(id: number): Connector | undefined {
    const [only] = this.#connectors.size === 1 ? this.#connectors.values() : [];
    return this.#connectors.get(id) ?? (id === 0 ? only : undefined);
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }
}
