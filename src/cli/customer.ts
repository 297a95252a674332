import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { openHistory } from "../adapters/journal/sqlite/history.ts";
import { formatAmount } from "../core/money.ts";
import { parseQuantity } from "../core/quantity.ts";
import { priceMinor, type Tariff } from "../core/tariff.ts";
import { CliError } from "./failure.ts";
import { receiptText } from "./receipt.ts";
import { print } from "./table.ts";

interface Scene {
  readonly displayUrl: string;
  /** Of the simulated payment service. */
  readonly phoneUrl: string;
  readonly journalPath: string;
  readonly kioskName: string;
  readonly tariff: Tariff;
}

const MAXIMUM = "300.00";
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 100;

const positionView = z.object({
  state: z.string(),
  saleId: z.string().nullable(),
  available: z.boolean(),
  qr: z.string().nullable(),
  quantity: z.string(),
  amount: z.string(),
  message: z.string(),
});
type View = z.infer<typeof positionView>;
const stateAnswer = z.object({ positions: z.tuple([positionView], positionView) });
const auditAnswer = z.object({
  bills: z.array(
    z.object({ invoiceReference: z.string(), status: z.string(), committedMinor: z.number(), commits: z.number() }),
  ),
});

/**
 * Plays one customer on the display and the phone, as a person would, and holds the payment service's books
 * against the price of what was dispensed. Throws a CliError when they differ.
 */
export async function playCustomer(scene: Scene): Promise<void> {
  await until(scene, "the display is ready", (view) => view.available);
  await post(new URL("api/positions/1/select", scene.displayUrl), { reserve: MAXIMUM });
  print(`Customer chooses at most ${MAXIMUM} ${scene.tariff.currency}`);
  const offered = await until(scene, "the code is shown", (view) => view.qr !== null);
  const invoiceReference = /\d+$/.exec(offered.qr ?? "")?.[0];
  print(`Display shows      ${offered.qr}`);
  await post(new URL("/phone/api/confirm", scene.phoneUrl), { invoiceReference });
  print("Customer confirms on the phone");
  let shown = 0;
  const closed = await until(scene, "the sale is closed", (view) => {
    if (view.state === "dispensing" && Date.now() - shown >= 1_000) {
      shown = Date.now();
      print(`Dispensing         ${view.quantity} ${scene.tariff.unit}  ${view.amount} ${scene.tariff.currency}`);
    }
    return view.state === "closed";
  });
  await settle(scene, closed, invoiceReference ?? "");
}

async function settle(scene: Scene, closed: View, invoiceReference: string): Promise<void> {
  const history = openHistory(scene.journalPath);
  const found = history.sale(closed.saleId ?? "");
  history.close();
  if (found === null) throw new CliError(`The sale ${closed.saleId} is not in the journal.`);
  print(`\n${receiptText(scene.kioskName, found.sale)}\n`);
  const { unit, currency } = scene.tariff;
  const dueMinor = priceMinor(scene.tariff, parseQuantity(closed.quantity, unit) ?? 0);
  const { bills } = auditAnswer.parse(await (await fetch(new URL("/audit", scene.phoneUrl))).json());
  const bill = bills.find((each) => each.invoiceReference === invoiceReference);
  const books = `committed ${formatAmount(bill?.committedMinor ?? 0, currency)}, dispensed for ${formatAmount(dueMinor, currency)}`;
  if (bill?.status !== "PAID" || bill.commits !== 1 || bill.committedMinor !== dueMinor) {
    throw new CliError(`The books do not balance: ${bill?.status ?? "no bill"}, ${books}.`);
  }
  print(`The books balance: ${books} ${currency}.`);
}

async function until(scene: Scene, what: string, holds: (view: View) => boolean): Promise<View> {
  const endMs = Date.now() + PATIENCE_MS;
  let view: View | null = null;
  while (Date.now() < endMs) {
    const answer = await fetch(new URL("api/state", scene.displayUrl));
    view = stateAnswer.parse(await answer.json()).positions[0];
    if (holds(view)) return view;
    if (view.state === "closed") break;
    await sleep(LOOK_EVERY_MS);
  }
  throw new CliError(`Waited in vain until ${what}; the display says "${view?.message}".`);
}

async function post(url: URL, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new CliError(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
}
