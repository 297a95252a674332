import { setTimeout as sleep } from "node:timers/promises";
import qrcode from "qrcode";
import type { Clock } from "../../../../ports/clock.ts";
import type { Log } from "../../../../ports/log.ts";
import type { AnswerOf, Operation, PaymentStatus } from "../../answer-schema.ts";
import type { ResellerCredentials, SeqrCallSettings, TerminalCredentials } from "../../calls.ts";
import { SeqrCalls } from "../../calls.ts";
import type { Reply } from "../../client.ts";
import { describeCode } from "../../codes.ts";
import type { Exchange } from "../../exchange.ts";
import { createVersions, type Versions } from "../../versions.ts";
import { printable, StepFailed } from "./step.ts";

export interface BenchSettings {
  readonly service: Omit<SeqrCallSettings, "terminals" | "onExchange">;
  readonly reseller: ResellerCredentials;
  /** The simulator's phone scans, else a person. */
  readonly auto: boolean;
  readonly say: (text: string) => void;
  readonly draw: (picture: string) => void;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

export interface Bill {
  readonly reference: string;
  readonly qrText: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** The name under which the certification's own terminal is known to the calls. */
export const TILL = "certification";

const SCAN_POLLS = 120;
const POLL_EVERY_MS = 1_000;
const SAY_EVERY_POLLS = 10;
const WAITING = ["ISSUED", "PENDING_ISSUER_ACKNOWLEDGE"];

/** The till that the certification plays: calls as the kiosk makes them, all recorded, and a customer who scans. */
export class Bench {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly #settings: BenchSettings;
  readonly #terminals: Map<string, TerminalCredentials>;
  readonly #recorded: Exchange[];
  readonly #versions: Versions = createVersions();
  readonly #calls: SeqrCalls;
  /** The bill that a customer could still pay, or has reserved money for. */
  #open: string | null = null;

  private constructor(
    settings: BenchSettings,
    terminals: Map<string, TerminalCredentials>,
    recorded: Exchange[],
    calls: SeqrCalls,
  ) {
    this.#settings = settings;
    this.#terminals = terminals;
    this.#recorded = recorded;
    this.#calls = calls;
    this.signal = settings.signal;
    this.say = settings.say;
  }

  static async create(settings: BenchSettings, clock: Clock, log: Log): Promise<Bench> {
    const terminals = new Map<string, TerminalCredentials>();
    const recorded: Exchange[] = [];
    const onExchange = (exchange: Exchange): void => void recorded.push(exchange);
    const calls = await SeqrCalls.create({ ...settings.service, terminals, onExchange }, clock, log);
    return new Bench(settings, terminals, recorded, calls);
  }

  useTerminal(id: string, password: string): void {
    this.#terminals.set(TILL, { id, password });
  }

  get terminalId(): string {
    return this.#terminals.get(TILL)?.id ?? "";
  }

  takeExchanges(): readonly Exchange[] {
    return this.#recorded.splice(0);
  }

  lastExchange(): Exchange | undefined {
    return this.#recorded.at(-1);
  }

  async asTerminal<K extends Operation>(operation: K, parameters: Parameters): Promise<AnswerOf<K>> {
    return successful(await this.#calls.asTerminal(operation, TILL, "certify", parameters));
  }

  async asReseller<K extends Operation>(operation: K, parameters: Parameters): Promise<AnswerOf<K>> {
    return successful(await this.tryAsReseller(operation, parameters));
  }

  async tryAsReseller<K extends Operation>(operation: K, parameters: Parameters): Promise<Reply<AnswerOf<K>>> {
    return this.#calls.asReseller(operation, this.#settings.reseller, "certify", parameters);
  }

  async send(invoice: Parameters): Promise<Bill> {
    const { invoiceReference, invoiceQRCode } = await this.asTerminal("sendInvoice", { invoice });
    if (invoiceReference === undefined) throw new StepFailed("0, but no invoiceReference");
    this.#open = invoiceReference;
    if (invoiceQRCode === undefined) throw new StepFailed("0, but no invoiceQRCode");
    return { reference: invoiceReference, qrText: invoiceQRCode };
  }

  /** The next poll acknowledges the version that this one received. */
  async poll({ reference }: Bill): Promise<PaymentStatus> {
    const invoiceVersion = this.#versions.of(reference);
    const answer = await this.asTerminal("getPaymentStatus", { invoiceReference: reference, invoiceVersion });
    this.#versions.note(reference, answer.version);
    const ended = answer.status === "PAID" || answer.status === "CANCELED";
    if (ended && this.#open === reference) this.#open = null;
    return answer;
  }

  async expectStatus(bill: Bill, expected: string): Promise<PaymentStatus> {
    const answer = await this.poll(bill);
    if (answer.status !== expected) throw new StepFailed(answer.status ?? "no status");
    return answer;
  }

  /** Has the bill scanned and confirmed, and polls until it is what it is expected to become. */
  async scan(bill: Bill, what: string, expected: "PAID" | "RESERVED"): Promise<PaymentStatus> {
    if (this.#settings.auto) await this.#confirmOnPhone(bill);
    else await this.#showCode(bill, what);
    for (let poll = 0; poll < SCAN_POLLS; poll++) {
      const answer = await this.poll(bill);
      if (answer.status === expected) return answer;
      if (!WAITING.includes(answer.status ?? "")) throw new StepFailed(answer.status ?? "no status");
      if (poll % SAY_EVERY_POLLS === 0) this.say(`   ${answer.status}, ${SCAN_POLLS - poll} s left to confirm`);
      await this.wait(POLL_EVERY_MS);
    }
    throw new StepFailed(`not confirmed within ${SCAN_POLLS} s`);
  }

  /** Nobody shall be able to pay a bill, or have money reserved for it, whose terminal is gone. */
  async cancelOpenBill(): Promise<void> {
    if (this.#open === null) return;
    await this.#calls.asTerminal("cancelInvoice", TILL, "certify", { invoiceReference: this.#open });
  }

  async wait(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.signal });
  }

  close(): void {
    this.#calls.close();
  }

  async #confirmOnPhone({ reference }: Bill): Promise<void> {
    const answer = await fetch(new URL("/phone/api/confirm", this.#settings.service.endpoint), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ invoiceReference: reference }),
      signal: AbortSignal.timeout(this.#settings.service.requestTimeoutMs),
    }).catch(() => {
      throw new StepFailed("the simulator's phone gives no answer");
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new StepFailed(`the simulator's phone answered ${answer.status}`);
  }

  async #showCode({ qrText }: Bill, what: string): Promise<void> {
    this.#settings.draw(await qrcode.toString(qrText, { type: "terminal", small: true, errorCorrectionLevel: "M" }));
    this.say(`   ${printable(qrText)}`);
    this.say(`   Scan this code with the payment app and confirm ${what}.`);
  }
}

function successful<T>(reply: Reply<T> | { readonly kind: "declined"; readonly detail: string }): T {
  if (reply.kind !== "answer") throw new StepFailed(reply.detail);
  if (reply.result.treatment !== "success") throw new StepFailed(describeCode(reply.result));
  return reply.body;
}
