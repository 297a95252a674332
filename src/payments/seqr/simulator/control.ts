import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { AMBIGUITIES_CHANGE } from "./ambiguities.ts";
import { amountMinor } from "./bill.ts";
import type { Books } from "./books.ts";
import { FAULT, type Faults } from "./faults.ts";
import type { BillBook } from "./rules.ts";

const amount = z.string().regex(/^-?\d{1,12}(\.\d{1,5})?$/);
const ersReference = z.string().regex(/^\d{1,40}$/);

const TAMPERING = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("forget"), ersReference }),
  z.strictObject({
    op: z.literal("add"),
    terminalId: z.string().min(1).max(100),
    amount,
    currency: z.string().length(3),
  }),
  z.strictObject({ op: z.literal("change"), ersReference, amount }),
]);

type Tampering = z.output<typeof TAMPERING>;

/** Any status may be told, also one that no schema knows. */
const LIE = z.strictObject({
  invoiceReference: z.string().regex(/^(\d{1,20}|\*)$/),
  status: z.string().regex(/^[A-Z_]{1,40}$/),
});

/** What a test may do to the service: mishaps, other readings of the documentation, wrong books, false answers. */
export function addControl(app: FastifyInstance, book: BillBook, faults: Faults): void {
  app.post("/faults", (request, reply) => {
    const fault = FAULT.safeParse(request.body);
    if (!fault.success) return refuse(reply, fault.error);
    if (!faults.add(fault.data)) return reply.code(409).send({ error: "too many faults are waiting" });
    return reply.send({ ok: true });
  });
  app.delete("/faults", (_request, reply) => {
    faults.clear();
    return reply.send({ ok: true });
  });
  app.post("/ambiguities", (request, reply) => {
    const change = AMBIGUITIES_CHANGE.safeParse(request.body);
    if (!change.success) return refuse(reply, change.error);
    book.decide(change.data);
    return reply.send(book.ambiguities);
  });
  app.post("/books", (request, reply) => {
    const tampering = TAMPERING.safeParse(request.body);
    if (!tampering.success) return refuse(reply, tampering.error);
    const outcome = tamper(book.books, tampering.data);
    return "error" in outcome ? reply.code(outcome.status).send({ error: outcome.error }) : reply.send(outcome);
  });
  app.post("/status-override", (request, reply) => {
    const lie = LIE.safeParse(request.body);
    if (!lie.success) return refuse(reply, lie.error);
    const added = book.lies.add(lie.data.invoiceReference, lie.data.status);
    return added ? reply.send({ ok: true }) : reply.code(409).send({ error: "too many answers are waiting" });
  });
}

type Outcome =
  | { readonly ok: true; readonly ersReference: string }
  | { readonly status: number; readonly error: string };

function tamper(books: Books, tampering: Tampering): Outcome {
  if (tampering.op === "add") {
    const { terminalId, currency } = tampering;
    const addedMinor = amountMinor({ currency, value: tampering.amount }, currency);
    if (addedMinor === undefined) return { status: 400, error: "the amount does not fit the currency" };
    return { ok: true, ersReference: books.add(terminalId, currency, addedMinor) };
  }
  const { ersReference: reference } = tampering;
  const currency = books.currencyOf(reference);
  if (currency === undefined) return { status: 404, error: "the books hold no such line" };
  if (tampering.op === "forget") {
    books.forget(reference);
    return { ok: true, ersReference: reference };
  }
  const changedMinor = amountMinor({ currency, value: tampering.amount }, currency);
  if (changedMinor === undefined) return { status: 400, error: "the amount does not fit the currency" };
  books.change(reference, changedMinor);
  return { ok: true, ersReference: reference };
}

function refuse(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return reply.code(400).send({ error: error.issues.map((issue) => issue.message) });
}
