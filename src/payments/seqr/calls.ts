import { Repeats } from "../../core/repeats.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log, LogFields } from "../../ports/log.ts";
import type { Observer } from "../../ports/metrics.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { ServiceTime } from "../../ports/payment.ts";
import type { AnswerOf, Operation } from "./answer-schema.ts";
import {
  ASKS,
  createSeqrClient,
  type Principal,
  type Reply,
  type SeqrClient,
  type SeqrClientSettings,
} from "./client.ts";
import { describeCode } from "./codes.ts";
import type { Connection } from "./transport.ts";

export interface SeqrCallSettings extends SeqrClientSettings {
  /** Before the unique part of every call's reference; certification wants name and version of the software here. */
  readonly clientReferencePrefix?: string;
  /** The registered terminal of each position. */
  readonly terminals: ReadonlyMap<string, TerminalCredentials>;
}

export interface TerminalCredentials {
  readonly id: string;
  readonly password: string;
  /** The SEQR id on the position's printed code; null or absent where each bill's own code is shown. */
  readonly stickerId?: string | null;
}

export interface ResellerCredentials {
  readonly id: string;
  readonly userId: string;
  readonly password: string;
}

type Declined = Extract<Outcome<never>, { kind: "declined" }>;
type Observe = Observer["paymentCall"];
type Parameters = Readonly<Record<string, unknown>>;

const CLIENT_REFERENCE_LENGTH = 32;

/** Calls in the name of a position's terminal or of the merchant, each logged and with a reference of its own. */
export class SeqrCalls {
  readonly #settings: SeqrCallSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #client: SeqrClient;
  readonly #observe: Observe;
  #lastCall: number;

  readonly #failing = new Map<Operation, Repeats>();

  /** What time it was at the service when its newest answer came. */
  readonly #heard: { time: ServiceTime | null };

  private constructor(
    settings: SeqrCallSettings,
    clock: Clock,
    log: Log,
    client: SeqrClient,
    observe: Observe,
    heard: { time: ServiceTime | null },
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#client = client;
    this.#observe = observe;
    this.#heard = heard;
    this.#lastCall = clock.wallMs();
  }

  /** Rejects only when the endpoint is not acceptable or the interface description cannot be read. */
  static async create(
    settings: SeqrCallSettings,
    clock: Clock,
    log: Log,
    observe: Observe = () => undefined,
  ): Promise<SeqrCalls> {
    const heard: { time: ServiceTime | null } = { time: null };
    const onDate = (atMs: number): void => {
      heard.time = { atMs, heardMs: clock.monotonicMs() };
    };
    const client = await createSeqrClient({ ...settings, onDate, wallMs: () => clock.wallMs() });
    settings.authority?.follow(clock, log);
    return new SeqrCalls(settings, clock, log, client, observe, heard);
  }

  get serviceTime(): ServiceTime | null {
    return this.#heard.time;
  }

  terminal(position: string): TerminalCredentials | null {
    return this.#settings.terminals.get(position) ?? null;
  }

  async asTerminal<K extends Operation>(
    operation: K,
    position: string,
    key: string,
    parameters: Parameters,
    connection: Connection = "kept",
  ): Promise<Reply<AnswerOf<K>> | Declined> {
    const terminal = this.terminal(position);
    if (terminal === null) return noTerminal(position);
    const { id, password } = terminal;
    const principal: Principal = { id, type: "TERMINALID", password };
    return this.#call(operation, principal, key, parameters, { named: { position }, connection });
  }

  async asReseller<K extends Operation>(
    operation: K,
    { id, userId, password }: ResellerCredentials,
    key: string,
    parameters: Parameters,
  ): Promise<Reply<AnswerOf<K>>> {
    const principal: Principal = { id, type: "RESELLERUSER", userId, password };
    return this.#call(operation, principal, key, parameters, { named: {}, connection: "kept" });
  }

  close(): void {
    this.#settings.authority?.close();
    this.#client.close();
  }

  async #call<K extends Operation>(
    operation: K,
    principal: Principal,
    key: string,
    parameters: Parameters,
    { named, connection }: { readonly named: Readonly<Record<string, string>>; readonly connection: Connection },
  ): Promise<Reply<AnswerOf<K>>> {
    const startedMs = this.#clock.monotonicMs();
    const reply = await this.#client.call(operation, principal, this.#clientReference(key), parameters, connection);
    const durationMs = this.#clock.monotonicMs() - startedMs;
    this.#observe(operation, outcomeOf(reply), durationMs);
    const fields = { operation, ...named, durationMs: Math.round(durationMs) };
    if (reply.kind === "unknown") {
      this.#tellSilence(operation, { ...fields, detail: reply.detail });
      return reply;
    }
    this.#log.debug({ ...fields, result: describeCode(reply.result) }, "payment service answered");
    const failures = this.#failing.get(operation)?.well() ?? 0;
    if (failures > 0) this.#log.info({ operation, failures }, "payment service answers again");
    return reply;
  }

  /** Each time where something was to be done; what only asks may ask each second, so then it is counted. */
  #tellSilence(operation: Operation, fields: LogFields & { readonly detail: string }): void {
    const repeats = this.#failing.get(operation) ?? new Repeats();
    this.#failing.set(operation, repeats);
    const times = repeats.failed(fields.detail, this.#clock.monotonicMs());
    const isTold = times !== null || !ASKS.has(operation);
    this.#log[isTold ? "warn" : "debug"]({ ...fields, times: times ?? 1 }, "payment service gave no answer");
  }

  /** Unique also after a restart, because it counts on from the wall clock. */
  #clientReference(key: string): string {
    this.#lastCall = Math.max(this.#lastCall + 1, this.#clock.wallMs());
    const suffix = `-${this.#lastCall.toString(36)}`;
    const prefix = (this.#settings.clientReferencePrefix ?? "").slice(0, CLIENT_REFERENCE_LENGTH - suffix.length);
    const roomChars = CLIENT_REFERENCE_LENGTH - suffix.length - prefix.length;
    return prefix + (roomChars === 0 ? "" : key.slice(-roomChars)) + suffix;
  }
}

function outcomeOf(reply: Reply<unknown>): Outcome<unknown>["kind"] {
  if (reply.kind === "unknown") return "unknown";
  return reply.result.treatment === "success" ? "done" : "declined";
}

export function noTerminal(position: string): Declined {
  return { kind: "declined", reason: "rejected", detail: `no terminal for position ${position}` };
}
