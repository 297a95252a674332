import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { formatAmount, parseAmount } from "../../core/money.ts";
import { type Refund, type RefundEvent, refundableMinor, refundedMinor, refundsOf } from "../../core/refund.ts";
import type { SaleEvent } from "../../core/sale/event.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { parseBody, refuse } from "../../platform/http/bodies.ts";
import type { RefundReply } from "../../ports/operator.ts";
import type { ClosedSale, TotalsBy } from "../../ports/sales-history.ts";
import type { Context } from "../context.ts";

const PAGE_SALES = 25;
const COUNTS: Readonly<Record<TotalsBy, number>> = { day: 14, week: 12, month: 12 };

const time = z.iso.datetime({ offset: true, error: "expected a time such as 2026-11-30T00:00:00Z" });
const salesQuery = z.strictObject({
  before: z.coerce.number().int().min(1).optional(),
  from: time.optional(),
  until: time.optional(),
  position: z.string().min(1).max(64).optional(),
  outcome: z.enum(["paid", "released", "needs-attention"]).optional(),
});
const totalsQuery = z.strictObject({ by: z.enum(["day", "week", "month"]) });
const refundBody = z.strictObject({
  amount: z.string().max(20),
  reason: z.string().trim().min(1, "expected a reason in words").max(200, "expected at most 200 characters"),
  /** Made by the page when the question is opened: pressing twice sends it twice. */
  key: z.string().regex(/^[a-z0-9]{16,32}$/, "expected 16 to 32 letters and digits"),
});
const settleBody = z.strictObject({ made: z.boolean() });

interface ById {
  Params: { id: string };
}

/** A sale in the list. */
export interface ListedSale extends ClosedSale {
  readonly refunded: string;
  readonly refundable: string;
  readonly isRefundUnclear: boolean;
}

/** A sale with its life. */
export interface ShownSale {
  readonly sale: ListedSale;
  readonly events: readonly SaleEvent[];
  readonly refunds: readonly (Refund & {
    readonly by: string | null;
    readonly reason: string | null;
    readonly at: string;
  })[];
  readonly receiptRefusal: string | null;
}

export function addSales(app: FastifyInstance, context: Context): void {
  const { kiosk, clock } = context;
  const { positions, timezone } = kiosk.about;
  app.get("/api/sales", async (request, reply) => {
    const query = parseBody(salesQuery, request.query);
    if (!query.ok) return refuse(reply, 400, query.reason);
    const { before, from, until, position, outcome } = query.value;
    const page = await kiosk.history.page({
      before: before ?? null,
      fromMs: from === undefined ? null : Date.parse(from),
      untilMs: until === undefined ? null : Date.parse(until),
      positions: position === undefined ? null : (positions.find(([id]) => id === position) ?? [position]),
      outcome: outcome ?? null,
      limit: PAGE_SALES,
    });
    return { sales: page.sales.map(({ sale, refunds }) => listed(sale, refunds)), next: page.next };
  });
  app.get("/api/totals", async (request, reply) => {
    const query = parseBody(totalsQuery, request.query);
    if (!query.ok) return refuse(reply, 400, query.reason);
    const { by } = query.value;
    return await kiosk.history.totals({ by, count: COUNTS[by], untilMs: clock.wallMs(), timezone });
  });
  app.get<ById>("/api/sales/:id", async (request, reply) => {
    const life = await kiosk.history.sale(request.params.id);
    if (life === null) return refuse(reply, 404, "there is no closed sale of this name");
    const { sale, events, refunds, receiptRefusal } = life;
    return {
      sale: listed(sale, refunds),
      events,
      refunds: refundsWithWho(refunds),
      receiptRefusal,
    } satisfies ShownSale;
  });
  addRefunds(app, context);
}

function addRefunds(app: FastifyInstance, { kiosk, whoOf, only }: Context): void {
  /** By name: who presses twice waits for the same answer. */
  const running = new Map<string, Promise<RefundReply>>();
  app.post<ById>("/api/sales/:id/refund", only("operator"), async (request, reply) => {
    const body = parseBody(refundBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { amount, reason, key } = body.value;
    const amountMinor = parseAmount(amount, kiosk.about.currency);
    if (amountMinor === undefined || amountMinor <= 0) return refuse(reply, 400, 'amount: expected such as "10.00"');
    const { id: saleId } = request.params;
    const refundId = `rf-${key}`;
    const name = `${saleId} ${refundId}`;
    const order = { saleId, refundId, amountMinor, by: whoOf(request).user.name, reason };
    const answer = running.get(name) ?? kiosk.refund(order).finally(() => running.delete(name));
    running.set(name, answer);
    return tell(reply, await answer, kiosk.about.currency);
  });
  app.post<ById>("/api/sales/:id/settle-refund", only("operator"), async (request, reply) => {
    const body = parseBody(settleBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { id: saleId } = request.params;
    const { made } = body.value;
    const detail = `sale ${saleId}: ${made ? "made" : "not made"}`;
    await kiosk.note({ by: whoOf(request).user.name, act: "refund-settled", position: null, detail });
    const settled = await kiosk.settleRefund(saleId, made);
    if (settled === "none") return refuse(reply, 409, "no refund of this sale is without a clear answer");
    if (settled === "busy") return refuse(reply, 409, BUSY);
    return reply.send({ ok: true });
  });
}

const BUSY = "another refund is under way right now: nothing was done, try again in a minute";

function tell(reply: FastifyReply, answer: RefundReply, currency: string): FastifyReply {
  switch (answer.kind) {
    case "made":
      return reply.send({ ok: true, amount: formatAmount(answer.amountMinor, currency), reference: answer.reference });
    case "busy":
      return refuse(reply, 409, BUSY);
    case "impossible":
    case "refused":
      return refuse(reply, 409, answer.detail);
    case "unclear":
      return reply.code(202).send({
        unclear: `${formatAmount(answer.amountMinor, currency)} ${currency}: ${answer.detail}`,
      });
  }
}

function listed(sale: ClosedSale, events: readonly RefundEvent[]): ListedSale {
  const refunds = refundsOf(events);
  const money = (minor: number): string => formatAmount(minor, sale.currency);
  return {
    ...sale,
    refunded: money(refundedMinor(refunds)),
    refundable: money(refundableMinor(chargedMinor(sale), refunds)),
    isRefundUnclear: refunds.some(({ state }) => state === "open"),
  };
}

function chargedMinor({ charged, currency, reference }: SaleRecord): number {
  return reference === null ? 0 : (parseAmount(charged, currency) ?? 0);
}

function refundsWithWho(events: readonly RefundEvent[]): ShownSale["refunds"] {
  return refundsOf(events).map((refund) => {
    const steps = events.filter(({ refundId }) => refundId === refund.refundId);
    const asked = steps.find((event) => event.type === "asked");
    const at = new Date(steps.at(-1)?.atMs ?? 0).toISOString();
    return { ...refund, by: asked?.by ?? null, reason: asked?.reason ?? null, at };
  });
}
