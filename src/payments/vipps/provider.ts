import type { Truth } from "../../core/sale/resolve.ts";
import type { Delivery, Sale } from "../../core/sale/state.ts";
import { done, type Outcome, type Unknown, unknown } from "../../ports/outcome.ts";
import type {
  Attempt,
  IsOurs,
  MayGoOn,
  PaymentProvider,
  ProviderTraits,
  PublishedOffer,
  ServiceTime,
} from "../../ports/payment.ts";
import { asOutcome, type Reply, type VippsCalls } from "./calls.ts";
import { PARTIAL_CAPTURE } from "./problems.ts";
import { truthOf } from "./truth.ts";
import { OFFER_MS, type Payment, rulesFor } from "./wire.ts";

/** No payment has it, because a sale's id has a time and chance in it. */
const NOBODYS = "kioskd-probe-of-nobody";
const DESCRIPTION_CHARS = 100;
const NOT_SENT: Unknown = { kind: "unknown", detail: "not sent: the sale has gone on without it" };

/** Of a wallet's payments at one sales unit. A call is at most seven requests, and two more for a new token. */
export class VippsProvider implements PaymentProvider {
  readonly traits: ProviderTraits = {
    name: "vipps",
    // At most 120 questions a minute are answered for a payment, and the first ones come too soon for anybody.
    polls: { firstMs: 5_000, everyMs: 2_000, hiddenEveryMs: 5_000, probeEveryMs: 60_000, probeOfAccount: true },
    keepsAnswers: true,
    // The service tells no end: ours is by this machine's clock, which may differ from the service's.
    offerLife: { shortestMs: 0, longestMs: 2 * OFFER_MS },
  };
  readonly rulesFor = rulesFor;
  readonly #calls: VippsCalls;
  /** Once the sales unit has shown that it takes no part of an amount, nobody is sold anything. */
  #takesWholeOnly = false;

  constructor(calls: VippsCalls) {
    this.#calls = calls;
  }

  async offer(sale: Sale, mayGoOn: MayGoOn, attempt: Attempt): Promise<Outcome<PublishedOffer>> {
    const reference = attempt.number === 1 ? sale.id : `${sale.id}-${attempt.number}`;
    const reply = await this.#calls.create(
      keyOf(sale.id, "offer", attempt.number),
      offerBody(sale, reference),
      mayGoOn,
    );
    if (reply.kind === "taken") return await this.#offeredBefore(sale, reference, reply.detail);
    if (reply.kind !== "yes") return asOutcome(reply);
    const { redirectUrl } = reply.value;
    if (reply.value.reference !== reference) return unknown("create: the answer is about another payment");
    if (redirectUrl === undefined) return unknown("create: answer without a code");
    return done(published(sale, reference, redirectUrl));
  }

  async query(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    return shownIn(sale, reference, await this.#calls.payment(reference));
  }

  /** What was taken already is asked each time: two captures with two keys would take twice. */
  async settle(
    sale: Sale,
    reference: string,
    delivery: Delivery,
    mayGoOn: MayGoOn,
    attempt: Attempt,
  ): Promise<Outcome<Truth>> {
    const before = await this.query(sale, reference);
    if (before.kind !== "done" || before.value.state !== "held") return before;
    if (!mayGoOn()) return NOT_SENT;
    const key = keyOf(sale.id, "capture", attempt.number);
    const body = { modificationAmount: { currency: sale.terms.tariff.currency, value: delivery.amountMinor } };
    const captured = await this.#calls.change("capture", reference, key, body, mayGoOn);
    if (captured.kind === "declined" && captured.advice === PARTIAL_CAPTURE) this.#takesWholeOnly = true;
    else if (captured.kind === "yes" && delivery.amountMinor < sale.terms.maximumMinor) this.#takesWholeOnly = false;
    const seen = await this.#seenAfter(captured, sale, reference, (truth) => truth.state !== "held");
    if (seen.kind !== "done" || seen.value.state !== "captured" || seen.value.stillHeldMinor === undefined) return seen;
    if (!mayGoOn()) return seen;
    // Once, and whatever becomes of it: the money is taken, and a rest that stays is freed through the books.
    await this.#calls.change("cancel", reference, keyOf(sale.id, "free", 1), {}, mayGoOn);
    const after = await this.query(sale, reference);
    return after.kind === "done" && after.value.state === "captured" ? after : seen;
  }

  async release(
    sale: Sale,
    reference: string | null,
    mayGoOn: MayGoOn,
    _isOurs: IsOurs,
    attempt: Attempt,
  ): Promise<Outcome<Truth>> {
    const target = reference ?? sale.id;
    const reply = await this.#calls.payment(target);
    if (reply.kind === "missing" && reference === null) {
      // The lost request may still be under way: what has this reference now, it cannot make any more.
      const offered = await this.offer(sale, mayGoOn, { operation: "offer", number: 1 });
      if (offered.kind !== "done") return offered;
    }
    const before = reply.kind === "missing" ? await this.query(sale, target) : shownIn(sale, target, reply);
    if (before.kind !== "done") return before;
    const { state } = before.value;
    if (state !== "open" && state !== "held") return before;
    if (!mayGoOn()) return NOT_SENT;
    // What nobody has confirmed is closed in a way that does nothing to what somebody confirms meanwhile.
    const [name, body] = state === "open" ? ["close", { cancelTransactionOnly: true }] : ["free", {}];
    const key = keyOf(sale.id, name as "close" | "free", attempt.number);
    const freed = await this.#calls.change("cancel", target, key, body as object, mayGoOn);
    return await this.#seenAfter(freed, sale, target, (truth) => truth.state !== state);
  }

  async probe(): Promise<Outcome<null>> {
    if (this.#takesWholeOnly) {
      const detail = "the sales unit takes whole amounts only";
      return { kind: "declined", reason: "rejected", detail, advice: PARTIAL_CAPTURE };
    }
    const reply = await this.#calls.payment(NOBODYS);
    // Saying so proves that the service knows the keys and the sales unit.
    if (reply.kind === "missing") return done(null);
    return reply.kind === "yes" ? unknown("probe: a payment that nobody made") : asOutcome(reply);
  }

  serviceTime(): ServiceTime | null {
    return this.#calls.serviceTime;
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  /** The reference is this sale's alone, so what has it was made by a call whose answer was lost, and whose key is forgotten. */
  async #offeredBefore(sale: Sale, reference: string, detail: string): Promise<Outcome<PublishedOffer>> {
    const reply = await this.#calls.payment(reference);
    const seen = shownIn(sale, reference, reply);
    if (seen.kind !== "done") return seen;
    const code = reply.kind === "yes" ? reply.value.redirectUrl : undefined;
    if (seen.value.state !== "open" || code === undefined)
      return unknown(`${detail}: made before, and ${seen.value.state}`);
    return done(published(sale, reference, code));
  }

  /**
   * What the service shows after a change, for an answer to a repetition is as old as the first one. Where it shows no
   * effect, the change's own answer stands: what got none may still be under way.
   */
  async #seenAfter(
    reply: Reply<Payment>,
    sale: Sale,
    reference: string,
    isDone: (truth: Truth) => boolean,
  ): Promise<Outcome<Truth>> {
    if (reply.kind === "declined" && reply.reason === "rejected") return reply;
    const seen = await this.query(sale, reference);
    if (reply.kind === "yes" || reply.kind === "settled" || reply.kind === "missing") return seen;
    return seen.kind === "done" && isDone(seen.value) ? seen : asOutcome(reply);
  }
}

export function keyOf(id: string, what: "offer" | "capture" | "free" | "close", number: number): string {
  return `${id}-${what}-${number}`;
}

/** Made of the sale alone, so that it is the same to the last byte each time. */
function offerBody({ position, terms }: Sale, reference: string): object {
  const { productName, maximumMinor, tariff } = terms;
  return {
    amount: { currency: tariff.currency, value: maximumMinor },
    paymentMethod: { type: "WALLET" },
    reference,
    userFlow: "QR",
    customerInteraction: "CUSTOMER_PRESENT",
    qrFormat: { format: "TEXT/TARGETURL" },
    paymentDescription: shortened(`${productName}, ${position}`),
  };
}

function shortened(text: string): string {
  const plain = text.replace(/\p{C}/gu, " ");
  let short = "";
  for (const character of plain) {
    if (short.length + character.length > DESCRIPTION_CHARS) break;
    short += character;
  }
  return short;
}

/** The service counts from when it has made it, which is later than the choice. */
function published(sale: Sale, reference: string, qrText: string): PublishedOffer {
  return { reference, qrText, endsAtMs: sale.selectedAtMs + OFFER_MS };
}

function shownIn(sale: Sale, reference: string, reply: Reply<Payment>): Outcome<Truth> {
  return reply.kind === "yes" ? done(truthOf(sale, reference, reply.value)) : asOutcome(reply);
}
