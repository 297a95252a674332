import { hostname, networkInterfaces } from "node:os";
import { dirname, resolve } from "node:path";
import type { Loaded } from "../config/load.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { isLoopback } from "../core/loopback.ts";
import { ACTS_KEY } from "../core/operator/acts.ts";
import { blockingOrder, orderKey } from "../core/operator/orders.ts";
import { isoTime } from "../core/time.ts";
import { namesOf, ordersOf } from "../engine/belongings.ts";
import type { Kiosk } from "../engine/kiosk.ts";
import type { RunningParts } from "../engine/running-parts.ts";
import type { TlsPair } from "../platform/certificates/pair.ts";
import type { WatchedFiles } from "../platform/certificates/watch-files.ts";
import { followPair, watchPair } from "../platform/certificates/watch-pair.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Observer } from "../ports/metrics.ts";
import type { InForce, OperatorKiosk, RefundOrder, RefundReply } from "../ports/operator.ts";
import type { SalesHistory } from "../ports/sales-history.ts";
import type { OpenPayments } from "./payment.ts";
import { priceInForce } from "./price.ts";

interface OperatorDeps {
  readonly kiosk: Kiosk;
  readonly journal: Journal;
  readonly payments: OpenPayments;
  /** Takes it over. */
  readonly open: RunningParts;
  readonly dropped: Observer["connectionDropped"];
  readonly clock: Clock;
  readonly log: Log;
}

/** The operator's page; null where the configuration has none, and then nothing of it is loaded. */
export async function openOperator(
  loaded: Loaded,
  deps: OperatorDeps,
): Promise<{ readonly url: string; close(): Promise<void> } | null> {
  const { operator, journal } = loaded.config;
  if (operator === undefined) return null;
  const { startOperatorServer } = await import("../operator/server.ts");
  const { operatorFiles } = await import("../operator/files.ts");
  const { openHistoryThread } = await import("../platform/journal/sqlite/history-thread.ts");
  const { dropped, clock, log } = deps;
  const files = operatorFiles(journal.path);
  const own = hostname().toLowerCase();
  const names = [own, `${own}.local`, ...operator.names];
  const given = givenPair(loaded, clock);
  const tls = given?.first ?? (await ownPair(loaded, { ...files, names }, clock.wallMs()));
  const history = openHistoryThread(journal.path, clock);
  const kiosk = await operatorKiosk(loaded, deps, history);
  const { listen: host, port, idleTimeout: idleMs } = operator;
  const settings = { host, port, tls, names, idleMs, usersFile: files.users, codeFile: files.code };
  try {
    const { url, renew, close } = await startOperatorServer(settings, { kiosk, dropped, clock, log });
    if (given !== null) followPair(given, renew, "The operator's page", log);
    return deps.open.add({
      url,
      close: async () => {
        given?.close();
        await close();
        await history.close();
      },
    });
  } catch (error) {
    await history.close();
    throw error;
  }
}

/** The pair that the configuration names; null where it names none. */
function givenPair({ file, config }: Loaded, clock: Clock): WatchedFiles<TlsPair> | null {
  const { certFile, keyFile } = config.operator ?? {};
  if (certFile === undefined || keyFile === undefined) return null;
  const keyPath = secretPath(file, keyFile);
  const certPath = resolve(dirname(file), certFile);
  return watchPair({ certPath, keyPath, readKey: () => readSecret(keyPath) }, clock);
}

/** One of the machine's own: beyond this machine the page is always encrypted. */
async function ownPair(
  { config }: Loaded,
  { cert, key, names }: { readonly cert: string; readonly key: string; readonly names: readonly string[] },
  nowMs: number,
): Promise<TlsPair | null> {
  const { operator } = config;
  if (operator === undefined) return null;
  if (isLoopback(operator.listen)) return null;
  const { selfSigned } = await import("../platform/certificates/self-signed.ts");
  const [first = "kiosk", ...others] = names;
  return await selfSigned(
    { certFile: cert, keyFile: key, names: [first, ...others, ...addressesOf(operator.listen)] },
    nowMs,
  );
}

function addressesOf(host: string): readonly string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  // What changes from day to day would make a new certificate each time.
  const lasting = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return lasting.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}

/** What the page may ask of the daemon, and nothing else. */
async function operatorKiosk(
  loaded: Loaded,
  { kiosk, journal, payments, clock }: Pick<OperatorDeps, "kiosk" | "journal" | "payments" | "clock">,
  history: SalesHistory,
): Promise<OperatorKiosk> {
  const { waitingIn } = await import("../engine/books/waiting.ts");
  const { config } = loaded;
  const { name, id, currency, timezone, locales } = config.kiosk;
  const refunds = await refundDesk(loaded, { journal, payments, clock }, history);
  return {
    about: { name, id, currency, timezone, locales, positions: config.positions.map(namesOf) },
    view: () => kiosk.view(),
    faults: () => kiosk.faults.all,
    notSelling: (position) => kiosk.notSelling(position),
    inForce: (position) => inForce(loaded, journal, position),
    waiting: () => waitingIn({ journal, matters: kiosk.matters, positions: config.positions, currency }),
    orderBy: (by, command) => kiosk.operators.orderBy(by, command),
    note: async (act) => {
      await journal.note("acts", ACTS_KEY, () => ({ atMs: clock.wallMs(), ...act }));
    },
    history,
    refund: async (order) => {
      const reply = await refunds.refund(order);
      kiosk.wakeOutbox();
      void kiosk.matters.look();
      return reply;
    },
    settleRefund: async (saleId, made) => {
      const reply = await refunds.settle(saleId, made);
      void kiosk.matters.look();
      return reply;
    },
  };
}

async function inForce({ config }: Loaded, journal: Journal, position: string | null): Promise<InForce> {
  const configured = config.positions.find(({ id }) => id === position);
  const orders =
    configured === undefined ? await journal.notes("orders", orderKey(position)) : await ordersOf(journal, configured);
  const block = blockingOrder(orders);
  return {
    price: configured === undefined ? null : priceInForce(config, configured, orders),
    block: block === null ? null : { reason: block.reason, since: isoTime(block.atMs), by: block.by ?? null },
  };
}

/** Gives money back as `kioskd refund` does, and takes its turn with it. */
async function refundDesk(
  { config }: Loaded,
  { journal, payments, clock }: Pick<OperatorDeps, "journal" | "payments" | "clock">,
  history: SalesHistory,
) {
  const { refund, settleRefund } = await import("../engine/books/refund.ts");
  const { noTerminalBecause, paidSaleOf } = await import("../engine/books/paid-sale.ts");
  const { takeRefundTurn } = await import("../platform/journal/sqlite/open.ts");
  const deps = { journal, clock, takeTurn: () => takeRefundTurn(config.journal.path) };
  return {
    refund: async ({ saleId, refundId, amountMinor, by, reason }: RefundOrder): Promise<RefundReply> => {
      const life = await history.sale(saleId);
      if (life === null) return { kind: "impossible", detail: "there is no closed sale of this name" };
      const sale = paidSaleOf(life.sale);
      if (sale === null) return { kind: "impossible", detail: "nothing was charged: there is nothing to give back" };
      const problem = noTerminalBecause(config, life.sale);
      if (problem !== null) return { kind: "impossible", detail: problem };
      const own = {
        serviceOf: (provider: string | undefined) => payments.of(provider)?.books.refunds ?? null,
        newRefundId: () => refundId,
        asked: { by, reason },
        agree: async () => undefined,
      };
      return await refund({ ...deps, ...own }, sale, amountMinor);
    },
    settle: async (saleId: string, made: boolean): Promise<"settled" | "busy" | "none"> => {
      const life = await history.sale(saleId);
      const sale = life === null ? null : paidSaleOf(life.sale);
      const settled = sale === null ? null : await settleRefund(deps, sale, made);
      if (settled === null) return "none";
      return settled === "busy" ? "busy" : "settled";
    },
  };
}
