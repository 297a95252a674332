import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { PERSON_CODES } from "../../core/faults.ts";
import { DECIMAL_TEXT } from "../../core/money.ts";
import { parseBody, refuse } from "../../platform/http/bodies.ts";
import type { OrderAnswer } from "../../ports/operator.ts";
import type { Context } from "../context.ts";

const place = z.string().min(1).max(64);
const words = z.string().trim().min(1, "expected what was found, in words").max(500, "expected at most 500 characters");

const BODIES = {
  stop: z.strictObject({ position: place }),
  block: z.strictObject({ position: place.optional(), reason: words }),
  unblock: z.strictObject({ position: place.optional() }),
  "set-price": z.strictObject({
    position: place,
    unitPrice: z.string().regex(DECIMAL_TEXT, 'expected a price such as "19.89"'),
  }),
  reconcile: z.strictObject({}),
  acknowledge: z.strictObject({
    code: z.enum(PERSON_CODES),
    position: place.optional(),
    sale: z.string().min(1).max(64).optional(),
    note: words,
  }),
};

const STATUS: Readonly<Partial<Record<Extract<OrderAnswer, { kind: "refused" }>["refusal"], number>>> = {
  "unknown-position": 404,
  conflict: 409,
};

/** What an operator may order over the broker, by name. The kiosk journals each with who ordered it. */
export function addOrders(app: FastifyInstance, { kiosk, whoOf, only, log }: Context): void {
  app.post("/api/orders/stop", only("operator"), async (request, reply) => {
    const body = parseBody(BODIES.stop, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { name: by } = whoOf(request).user;
    const answer = await kiosk.orderBy(by, { name: "stop", body: body.value });
    // A stop waits for nothing; that it was ordered is noted afterwards.
    kiosk
      .note({ by, act: "stopped", position: body.value.position, detail: answer.kind })
      .catch((error: unknown) => log.error({ by, error: String(error) }, "a stop could not be noted"));
    return tell(reply, answer);
  });
  app.post("/api/orders/block", only("operator"), async (request, reply) => {
    const body = parseBody(BODIES.block, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { position, reason } = body.value;
    const order = { reason, ...(position === undefined ? {} : { position }) };
    return tell(reply, await kiosk.orderBy(whoOf(request).user.name, { name: "block", body: order }));
  });
  app.post("/api/orders/unblock", only("operator"), async (request, reply) => {
    const body = parseBody(BODIES.unblock, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { position } = body.value;
    const order = position === undefined ? {} : { position };
    return tell(reply, await kiosk.orderBy(whoOf(request).user.name, { name: "unblock", body: order }));
  });
  app.post("/api/orders/set-price", only("owner"), async (request, reply) => {
    const body = parseBody(BODIES["set-price"], request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    return tell(reply, await kiosk.orderBy(whoOf(request).user.name, { name: "set-price", body: body.value }));
  });
  app.post("/api/orders/reconcile", only("operator"), async (request, reply) => {
    const body = parseBody(BODIES.reconcile, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { name: by } = whoOf(request).user;
    await kiosk.note({ by, act: "reconcile-ordered", position: null, detail: "" });
    return tell(reply, await kiosk.orderBy(by, { name: "reconcile", body: {} }));
  });
  app.post("/api/orders/acknowledge", only("operator"), async (request, reply) => {
    const body = parseBody(BODIES.acknowledge, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    const { code, note, position, sale } = body.value;
    const order = {
      ...{ code, note },
      ...(position === undefined ? {} : { position }),
      ...(sale === undefined ? {} : { sale }),
    };
    return tell(reply, await kiosk.orderBy(whoOf(request).user.name, { name: "acknowledge", body: order }));
  });
}

function tell(reply: FastifyReply, answer: OrderAnswer): FastifyReply {
  if (answer.kind === "done") return reply.send({ ok: true });
  return refuse(reply, STATUS[answer.refusal] ?? 500, answer.detail);
}
