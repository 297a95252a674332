import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatAmount } from "../../../core/money.ts";
import { fromService } from "../wire-money.ts";
import type { Book, Pressed } from "./book.ts";
import { leftOf } from "./calls.ts";
import { PHONE_PAGE } from "./page.ts";
import { heldOf, type Session } from "./state.ts";

const session = z.string().regex(/^cs_\w{1,80}$/);
const PAY = z.strictObject({ session, card: z.string().regex(/^[\d ]{12,24}$/) });
const ANSWER = z.strictObject({ session, yes: z.boolean() });

const STATUS: Readonly<Record<Pressed, number>> = {
  ...{ paid: 200, confirm: 200, declined: 200 },
  ...{ unknown: 404, "not-open": 409, "no-card": 422 },
};

/** The customer's phone: the pages that may be paid, a field for the card, and the bank's question. */
export function addPhone(app: FastifyInstance, book: Book, nowS: () => number): void {
  for (const path of ["/phone", "/c/pay/:session"])
    app.get(path, (_request, reply) => reply.type("text/html; charset=utf-8").send(PHONE_PAGE));
  app.get("/phone/api/sessions", () => ({
    sessions: book
      .sessions(nowS())
      .filter(({ status, intent }) => status === "open" || heldOf(intent) > 0)
      .map(phoneView),
  }));
  app.post("/phone/api/pay", (request, reply) => {
    const asked = PAY.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ error: 'expected {"session":"cs_…","card":"4242…"}' });
    const result = book.press(asked.data.session, asked.data.card, nowS());
    return reply.code(STATUS[result]).send({ result });
  });
  app.post("/phone/api/answer", (request, reply) => {
    const asked = ANSWER.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ error: 'expected {"session":"cs_…","yes":true}' });
    const result = book.answer(asked.data.session, asked.data.yes, nowS());
    return reply.code(STATUS[result]).send({ result });
  });
  app.get("/audit", () => ({ sessions: book.sessions(nowS()).map(auditView) }));
}

function phoneView(one: Session): object {
  return {
    session: one.id,
    title: one.title,
    amount: shown(one, one.amount),
    currency: one.currency.toUpperCase(),
    state: one.status === "complete" ? "held" : one.intent?.status === "requires_action" ? "confirm" : "open",
  };
}

function shown({ currency }: Session, amount: number): string {
  const code = currency.toUpperCase();
  const minor = fromService(amount, code);
  return minor === null ? String(amount) : formatAmount(minor, code);
}

function auditView(one: Session): object {
  const { id, page, status, intent, amount, currency, clientReferenceId, metadata } = one;
  const minor = (value: number): number => fromService(value, currency.toUpperCase()) ?? value;
  return {
    ...{ session: id, page, status, sale: clientReferenceId, metadata, currency, intentStatus: intent?.status ?? null },
    reservedMinor: minor(amount),
    heldMinor: minor(heldOf(intent)),
    committedMinor: minor(intent?.received ?? 0),
    chargedMinor: minor(intent === null ? 0 : leftOf(intent)),
    commits: intent?.captures ?? 0,
    refunds: intent?.refunds.filter(({ key }) => key !== null).length ?? 0,
  };
}
