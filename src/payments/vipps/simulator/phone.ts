import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatAmount } from "../../../core/money.ts";
import { choosingPhonePage } from "../../../devices/bench/phone-page.ts";
import type { VippsService } from "./service.ts";

const CHOICE = z.strictObject({ reference: z.string().min(1).max(64) });

/** The customer's phone: an app that shows what is to be confirmed, and confirms or declines it. */
export function addPhone(app: FastifyInstance, service: VippsService): void {
  app.get("/phone", (_request, reply) => reply.type("text/html; charset=utf-8").send(PHONE_PAGE));
  app.get("/phone/api/payments", () => ({
    payments: service
      .payments()
      .filter(({ state, authorisedMinor, cancelledMinor, capturedMinor }) =>
        state === "AUTHORIZED" ? authorisedMinor > cancelledMinor + capturedMinor : state === "CREATED",
      )
      .map(({ reference, token, description, askedMinor, currency, state }) => ({
        ...{ reference, token, description, currency, state },
        amount: formatAmount(askedMinor, currency),
      })),
  }));
  for (const choice of ["confirm", "decline"] as const) {
    app.post(`/phone/api/${choice}`, (request, reply) => {
      const body = CHOICE.safeParse(request.body);
      if (!body.success) return reply.code(400).send({ error: 'expected {"reference":"…"}' });
      const outcome = service.choose(choice, body.data.reference);
      if (outcome === "unknown") return reply.code(404).send({ error: "no such payment" });
      if (outcome === "not-open") return reply.code(409).send({ error: "the payment is not open" });
      return reply.send({ ok: true });
    });
  }
}

/** A scanned code leads here and shows its payment alone. */
const PHONE_PAGE = choosingPhonePage({
  yes: "#5a2bd6",
  script: `const scanned = new URLSearchParams(location.search).get("pay");

async function current() {
  const { payments } = await (await fetch("/phone/api/payments")).json();
  return payments.filter((payment) => scanned === null || payment.token === scanned);
}

function offerOf({ description, amount, currency, state, reference }) {
  const detail = "order " + reference;
  return { title: description, amount: amount + " " + currency, isHeld: state === "AUTHORIZED", detail, body: { reference } };
}
`,
});
