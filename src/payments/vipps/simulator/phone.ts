import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatAmount } from "../../../core/money.ts";
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

/** Texts of payments are set as text, never as markup. A scanned code leads here and shows its payment alone. */
const PHONE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --yes: #5a2bd6; --no: #b3261e; }
  body { font: 17px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 1.2rem; }
  h1 { font-size: 1.1rem; font-weight: 600; opacity: .7; margin: 0 0 1rem; }
  article { border: 1px solid var(--line); border-radius: 1rem; padding: 1.2rem; margin-bottom: 1rem; }
  .amount { font-size: 2rem; font-weight: 700; font-variant-numeric: tabular-nums; }
  .note { opacity: .7; font-size: .9rem; }
  .buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; margin-top: 1rem; }
  button { font: inherit; font-weight: 600; padding: .9rem; border: 0; border-radius: .8rem; color: #fff; cursor: pointer; }
  button.yes { background: var(--yes); } button.no { background: var(--no); }
</style>
</head>
<body>
<h1>The customer's phone (simulated)</h1>
<main id="payments"></main>
<p class="note" id="note" role="status"></p>
<script>
const list = document.getElementById("payments");
const note = document.getElementById("note");
const scanned = new URLSearchParams(location.search).get("pay");
let shown = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

async function choose(choice, reference) {
  for (const button of list.querySelectorAll("button")) button.disabled = true;
  const response = await fetch("/phone/api/" + choice, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ reference }),
  });
  note.textContent = response.ok ? "" : (await response.json()).error;
  shown = null;
  await refresh();
}

function card(payment) {
  const made = element("article");
  made.append(element("div", "", payment.description), element("div", "amount", payment.amount + " " + payment.currency));
  if (payment.state === "AUTHORIZED") {
    made.append(element("div", "note", "Reserved. You pay for what you take."));
    return made;
  }
  made.append(element("div", "note", "Reserves up to this amount; order " + payment.reference));
  const buttons = element("div", "buttons");
  for (const [choice, className, text] of [["decline", "no", "Decline"], ["confirm", "yes", "Confirm"]]) {
    const button = element("button", className, text);
    button.type = "button";
    button.onclick = () => choose(choice, payment.reference);
    buttons.append(button);
  }
  made.append(buttons);
  return made;
}

async function refresh() {
  try {
    const { payments } = await (await fetch("/phone/api/payments")).json();
    const mine = payments.filter((payment) => scanned === null || payment.token === scanned);
    const now = JSON.stringify(mine);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...mine.map(card));
    if (mine.length === 0) list.append(element("p", "note", "Nothing to pay right now."));
  } catch {
    note.textContent = "No connection.";
  }
}

refresh();
setInterval(refresh, 1000);
</script>
</body>
</html>
`;
