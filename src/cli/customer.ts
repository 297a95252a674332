import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { formatAmount, parseAmount } from "../core/money.ts";
import { writtenQuantity } from "../core/quantity.ts";
import { priceMinor, type Tariff } from "../core/tariff.ts";
import type { BenchDevice, Part } from "../devices/bench/device.ts";
import { CliError } from "../platform/console/failure.ts";
import { lines, print, told } from "../platform/console/print.ts";
import { openHistory } from "../platform/journal/sqlite/history.ts";
import type { PaymentSimulator } from "../ports/payment-plug-in.ts";
import { receiptText } from "./receipt.ts";

interface Scene {
  readonly displayUrl: string;
  /** Of the display; null where it asks for none. */
  readonly token: string | null;
  readonly payment: PaymentSimulator;
  readonly journalPath: string;
  readonly kioskName: string;
  readonly tariff: Tariff;
  readonly part: Part;
  /** Null when there is none that a person could do anything to. */
  readonly device: BenchDevice | null;
}

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

/**
 * Plays one customer on the display and the phone, as a person would, and holds the payment service's books
 * against the price of what was dispensed. Throws a CliError when they differ.
 */
export async function playCustomer(scene: Scene): Promise<void> {
  const { part, tariff } = scene;
  await until(scene, "the display is ready", (view) => view.available);
  act(scene, part.before);
  if (part.maximum !== null) {
    await post(new URL("api/positions/1/select", scene.displayUrl), { reserve: part.maximum }, bearer(scene));
    print(told`Customer chooses at most ${part.maximum} ${tariff.currency}`);
  }
  const offered = await until(scene, "the code is shown", (view) => view.qr !== null);
  const code = offered.qr ?? "";
  print(told`Display shows      ${code}`);
  await scene.payment.confirm(code);
  print(told`Customer confirms on the phone`);
  await until(scene, "it may be dispensed", (view) => view.state === "dispensing" || view.state === "closed");
  act(scene, part.begin);
  const closed = await untilClosed(scene);
  await settle(scene, closed, code);
}

async function untilClosed(scene: Scene): Promise<View> {
  let shown = 0;
  let { end } = scene.part;
  return await until(scene, "the sale is closed", (view) => {
    if (view.state === "dispensing" && Date.now() - shown >= 1_000) {
      shown = Date.now();
      print(told`Dispensing         ${view.quantity} ${scene.tariff.unit}  ${view.amount} ${scene.tariff.currency}`);
    }
    if (end !== null && Number(view.quantity) >= end.quantity) {
      const { actions } = end;
      end = null;
      act(scene, actions);
    }
    return view.state === "closed";
  });
}

function act({ device }: Scene, actions: readonly string[]): void {
  for (const action of actions) {
    device?.act(action);
    print(told`At the machine     ${action}`);
  }
}

async function settle(scene: Scene, closed: View, code: string): Promise<void> {
  const history = openHistory(scene.journalPath);
  const found = history.sale(closed.saleId ?? "");
  history.close();
  if (found === null) throw new CliError(`The sale ${closed.saleId} is not in the journal.`);
  print(lines([told``, receiptText(scene.kioskName, found.sale), told``]));
  const { unit, currency } = scene.tariff;
  const pricedMinor = priceMinor(scene.tariff, writtenQuantity(closed.quantity, unit));
  // What the payment service does not take is given away, and so on record.
  const waivedMinor = parseAmount(found.sale.waived ?? "0", currency) ?? 0;
  const dueMinor = pricedMinor - waivedMinor;
  const booked = await scene.payment.booked(code);
  const { isPaid = false, commits = 0, committedMinor = 0 } = booked ?? {};
  const given = waivedMinor === 0 ? "" : `, given away ${formatAmount(waivedMinor, currency)}`;
  const books = `committed ${formatAmount(committedMinor, currency)}, dispensed for ${formatAmount(pricedMinor, currency)}${given}`;
  const isFree = dueMinor === 0 && waivedMinor > 0;
  if (isPaid === isFree || commits !== (isFree ? 0 : 1) || committedMinor !== dueMinor) {
    throw new CliError(`The books do not balance: ${booked?.status ?? "no bill"}, ${books}.`);
  }
  holdAgainstDevice(scene, writtenQuantity(closed.quantity, unit));
  print(told`The books balance: ${books} ${currency}.`);
}

/** The device knows best what it has released: never is more billed, nor less than its meter can tell. */
function holdAgainstDevice({ device, part }: Scene, quantityBase: number): void {
  if (device === null) return;
  const missingBase = device.releasedBase() - quantityBase;
  if (missingBase >= 0 && missingBase <= part.resolutionBase) return;
  throw new CliError(`The device released ${device.releasedBase()}, and ${quantityBase} was billed (in base units).`);
}

async function until(scene: Scene, what: string, holds: (view: View) => boolean): Promise<View> {
  const endMs = Date.now() + PATIENCE_MS;
  let view: View | null = null;
  while (Date.now() < endMs) {
    const answer = await fetch(new URL("api/state", scene.displayUrl), { headers: bearer(scene) });
    view = stateAnswer.parse(await answer.json()).positions[0];
    if (holds(view)) return view;
    if (view.state === "closed") break;
    await sleep(LOOK_EVERY_MS);
  }
  throw new CliError(`Waited in vain until ${what}; the display says "${view?.message}".`);
}

function bearer({ token }: Scene): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function post(url: URL, body: object, given: Record<string, string>): Promise<void> {
  const headers = { "content-type": "application/json", ...given };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new CliError(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
}
