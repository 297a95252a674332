import { join } from "node:path";
import type { Fault } from "../../src/core/faults.ts";
import { notSelling } from "../../src/core/not-selling.ts";
import type { Act } from "../../src/core/operator/acts.ts";
import type { Command } from "../../src/core/operator/messages.ts";
import type { RefundEvent } from "../../src/core/refund.ts";
import { isoTime } from "../../src/core/time.ts";
import { OneTimeCode } from "../../src/operator/account/code.ts";
import { startOperatorServer } from "../../src/operator/server.ts";
import type { TlsPair } from "../../src/platform/certificates/pair.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import { totalsOf } from "../../src/platform/journal/sqlite/totals.ts";
import type { InForce, OperatorKiosk, RefundOrder, Waiting } from "../../src/ports/operator.ts";
import type { ClosedSale } from "../../src/ports/sales-history.ts";
import { at, PAID, RECEIPT, SELECTED, T0_MS } from "../support/sale-fixtures.ts";
import { SILENT } from "../support/silent-log.ts";
import { tempFolder } from "../support/temp.ts";
import { positionView, VIEWS } from "../support/views.ts";

const SINCE = isoTime(T0_MS);
const HOUR_MS = 3_600_000;

/** A kiosk of three positions that says what the test needs, behind the real server. */
export class Stage {
  readonly orders: { readonly by: string; readonly command: Command }[] = [];
  readonly acts: Omit<Act, "atMs">[] = [];
  isJournalGone = false;
  /** How often somebody has looked at what waits. */
  looks = 0;
  readonly refundOrders: RefundOrder[] = [];
  readonly folder = tempFolder();
  readonly code = new OneTimeCode(join(this.folder, "code.json"));
  /** How a refund ends, in turn; made unless told. */
  readonly refundAnswers: ("made" | "lost")[] = [];
  faults: Fault[] = [
    { code: "operator-block", position: "3", sinceMs: T0_MS, detail: "The nozzle leaks" },
    { code: "dispenser-unreachable", position: "3", sinceMs: T0_MS, detail: "no answer on /dev/ttyUSB0 for 10 s" },
    { code: "broker-unreachable", position: null, sinceMs: T0_MS, detail: "connect ECONNREFUSED 10.0.0.5:8883" },
    { code: "needs-attention", position: "2", sinceMs: T0_MS, detail: "sale sale-3: the deadline passed" },
  ];
  waiting: Waiting[] = [
    {
      ...{ code: "needs-attention", position: "2", saleId: "sale-3", since: SINCE },
      detail: "sale sale-3: the service did not say in time whether the money was taken; settle or release it there",
    },
    {
      ...{ code: "books-differ", position: "1", saleId: "sale-5", since: SINCE },
      detail: "payment ers-77: 99.45 SEK here, none there (missing-there)",
    },
    { code: "unaccounted", position: "1", saleId: null, since: SINCE, detail: "0.350 L flowed while no sale ran" },
  ];
  readonly #sales: ClosedSale[] = Array.from({ length: 60 }, (_, index) => saleOf(index + 1));
  readonly #refunds = new Map<string, RefundEvent[]>();

  /** On a free port of this machine. */
  async start(pageRoot?: URL, tls: TlsPair | null = null) {
    const settings = {
      ...{ host: "127.0.0.1", port: 0, tls, names: [], idleMs: 1_800_000 },
      ...{ usersFile: join(this.folder, "users.json"), codeFile: join(this.folder, "code.json") },
      ...(pageRoot === undefined ? {} : { pageRoot }),
    };
    const deps = { kiosk: this.kiosk(), dropped: () => undefined, clock: systemClock(), log: SILENT };
    return await startOperatorServer(settings, deps);
  }

  kiosk(): OperatorKiosk {
    return {
      about: {
        ...{ name: "Harbour station", id: "station-7", currency: "SEK", timezone: "Europe/Stockholm" },
        ...{ locales: ["sv", "en"], positions: [["1"], ["2"], ["3"]] },
      },
      view: () => ({
        positions: [
          positionView(),
          { ...VIEWS.live(), id: "2" },
          positionView({ id: "3", available: false, message: "out-of-service" }),
        ],
      }),
      faults: () => this.faults,
      notSelling: (position) => notSelling(this.faults, position, null),
      inForce: async (position) => this.#read(this.#inForce(position)),
      waiting: async () => {
        this.looks += 1;
        return this.#read(this.waiting);
      },
      orderBy: async (by, command) => {
        this.orders.push({ by, command });
        return { kind: "done" };
      },
      note: async (act) => void this.#read(this.acts).push(act),
      refund: async (order) => {
        this.refundOrders.push(order);
        if (this.refundAnswers.shift() === "lost") throw new Error("the connection broke");
        const { saleId, refundId, amountMinor } = order;
        const step = { refundId, saleId, atMs: T0_MS, position: "1", amountMinor, currency: "SEK" } as const;
        const known = this.#refunds.get(saleId) ?? [];
        const asked = {
          ...step,
          type: "asked",
          paymentReference: "ers-1",
          by: order.by,
          reason: order.reason,
        } as const;
        const made = { ...step, type: "made", paymentReference: "ers-1", reference: "rf-1" } as const;
        this.#refunds.set(saleId, [...known, asked, made]);
        return { kind: "made", amountMinor, reference: "rf-1" };
      },
      settleRefund: async () => "settled",
      history: {
        page: async ({ before, outcome, positions, limit }) => {
          const fitting = this.#sales.filter(
            (sale) =>
              (before === null || sale.seq < before) &&
              (outcome === null || sale.outcome === outcome) &&
              (positions === null || positions.includes(sale.position)),
          );
          const sales = fitting.toReversed().slice(0, limit);
          const next = fitting.length > limit ? (sales.at(-1)?.seq ?? null) : null;
          return { sales: sales.map((sale) => ({ sale, refunds: this.#refunds.get(sale.saleId) ?? [] })), next };
        },
        sale: async (saleId) => {
          const sale = this.#sales.find((each) => each.saleId === saleId);
          if (sale === undefined) return null;
          return {
            sale,
            events: EVENTS,
            refunds: this.#refunds.get(saleId) ?? [],
            remainders: [],
            receiptRefusal: null,
          };
        },
        totals: async (wish) => totalsOf(this.#sales.toReversed(), { ...wish, untilMs: T0_MS }),
        close: async () => undefined,
      },
    };
  }

  #read<T>(what: T): T {
    if (this.isJournalGone) throw new Error("the journal is gone");
    return what;
  }

  #inForce(position: string | null): InForce {
    const block = position === "3" ? { reason: "The nozzle leaks", since: SINCE, by: "anna" } : null;
    if (position === null) return { price: null, block };
    const ordered = position === "2" ? { unitPrice: "18.49", since: SINCE, problem: null } : null;
    return { price: { unitPrice: ordered?.unitPrice ?? "19.89", configured: "19.89", ordered }, block };
  }
}

/** Sixty of them, seven hours apart, the last one an hour ago. */
function saleOf(number: number): ClosedSale {
  const outcome = number % 7 === 3 ? "needs-attention" : number % 5 === 4 ? "released" : "paid";
  const isPaid = outcome === "paid";
  return {
    ...PAID,
    ...{ seq: number, saleId: `sale-${number}`, position: String(1 + (number % 2)), outcome },
    ...(isPaid ? {} : { charged: "0.00", quantity: "0.000", reference: null, receipt: null }),
    reason: isPaid ? null : outcome === "released" ? "customer" : "deadline-passed",
    closedAt: isoTime(T0_MS - HOUR_MS - (60 - number) * 7 * HOUR_MS),
  };
}

const EVENTS = [
  SELECTED,
  at(1, { type: "offer-made", reference: "R1", qrText: "HTTP://SEQR.SE/R1" }),
  at(20, { type: "reserved", authorisedMinor: 30_000, holdUntilMs: null }),
  at(21, { type: "meter-started", totaliserBase: 1_000_000 }),
  ...[1, 2, 3, 4, 5, 6, 7].map((step) =>
    at(21 + step * 5, { type: "metered", totaliserBase: 1_000_000 + Math.round(5_000 * (step / 8) ** 1.4) }),
  ),
  at(60, { type: "delivered", totaliserBase: 1_005_000 }),
  at(62, { type: "captured", capturedMinor: 9_945, receipt: RECEIPT }),
];
