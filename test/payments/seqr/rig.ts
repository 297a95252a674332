import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createSeqrBooks } from "../../../src/payments/seqr/books.ts";
import { seqr as plugIn } from "../../../src/payments/seqr/plug-in.ts";
import { createSeqrProvider, type SeqrSettings } from "../../../src/payments/seqr/provider.ts";
import {
  DEMO_TERMINAL,
  type SeqrSimulator,
  type SeqrSimulatorOptions,
  startSeqrSimulator,
} from "../../../src/payments/seqr/simulator/server.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Log, LogFields } from "../../../src/ports/log.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import type { Call, Mishap, PaymentRig } from "../../contract/payment-rig.ts";

export const CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Everything that was logged, as one text. */
export function memoryLog(): Log & { text(): string; warned(): readonly string[] } {
  const lines: string[] = [];
  const warnings: string[] = [];
  const write = (fields: LogFields, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const warn = (fields: LogFields, message: string) => {
    write(fields, message);
    warnings.push(message);
  };
  return { debug: write, info: write, warn, error: write, text: () => lines.join("\n"), warned: () => warnings };
}

export const PASSWORD = DEMO_TERMINAL.password;

export function settingsFor(endpoint: string, changes: Partial<SeqrSettings> = {}): SeqrSettings {
  return {
    endpoint,
    requestTimeoutMs: 5000,
    pollIntervalMs: 5,
    clientId: "kioskd test",
    title: "Demo station",
    footer: "Thank you",
    terminals: new Map([["1", DEMO_TERMINAL]]),
    ...changes,
  };
}

export interface SeqrRig extends PaymentRig {
  readonly simulator: SeqrSimulator;
  /** Orders a mishap, as a test program over HTTP would. */
  fault(body: object): Promise<void>;
}

export async function seqrRig(
  changes: Partial<SeqrSettings> = {},
  log: Log = memoryLog(),
  options: Partial<SeqrSimulatorOptions> = {},
): Promise<SeqrRig> {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0, now, ...options });
  const provider: PaymentProvider = await createSeqrProvider(settingsFor(simulator.endpoint, changes), CLOCK, log);
  const origin = new URL(simulator.endpoint).origin;
  const phone = (choice: string, invoiceReference: string) =>
    posted(`${simulator.phoneUrl}/api/${choice}`, { invoiceReference });
  const billsOf = (saleId: string) => simulator.book.bills(now()).filter((bill) => bill.clientInvoiceId === saleId);
  const fault = (body: object) => posted(`${origin}/faults`, body);
  return {
    simulator,
    provider,
    named: plugIn.name,
    books: await createSeqrBooks({ ...BOOKS, ...settingsFor(simulator.endpoint, changes) }, CLOCK, log),
    endsOpenOffers: true,
    foreignCurrency: null,
    mishap: async (call, kind) => await fault({ op: OPERATIONS[call], ...MODES[kind] }),
    forget: null,
    reconfigured: () => {
      const other = { ...changes, title: "Another name", footer: "Another footer", clientId: "another" };
      return createSeqrProvider(settingsFor(simulator.endpoint, other), CLOCK, log);
    },
    payable: async (saleId) => billsOf(saleId).filter(({ status }) => status === "ISSUED").length,
    freesHeldBills: options.ambiguities?.cancelReserved !== "refuses",
    confirm: (reference) => phone("confirm", reference),
    decline: (reference) => phone("decline", reference),
    fault,
    noFaults: async () => void (await fetch(`${origin}/faults`, { method: "DELETE" })),
    charged: async (saleId) => billsOf(saleId).reduce((sum, bill) => sum + bill.chargedMinor, 0),
    held: async (saleId) => billsOf(saleId).reduce((sum, bill) => sum + bill.heldMinor, 0),
    pass: async (durationMs) => {
      aheadMs += durationMs;
    },
    close: () => simulator.close(),
  };
}

/** The request in which each call does what it is for. */
const OPERATIONS: Readonly<Record<Call | "refund", string>> = {
  offer: "sendInvoice",
  query: "getPaymentStatus",
  settle: "commitReservation",
  release: "cancelInvoice",
  probe: "getPaymentStatus",
  refund: "refundPayment",
};

const MODES: Readonly<Record<Mishap, object>> = {
  "lost-before": { mode: "drop-request" },
  "lost-after": { mode: "drop-response" },
  "cut-off": { mode: "truncate" },
  "server-error": { mode: "html" },
  busy: { mode: "busy", status: 429, retryAfter: "3" },
  slow: { mode: "delay", delayMs: 50 },
};

const BOOKS = { currency: "SEK", reseller: null, receipt: null };

async function posted(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

export interface RawServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** An HTTP server that behaves as told, for what no SOAP service would do. */
export async function rawServer(listener: http.RequestListener): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = http.createServer(listener);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/soap`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A response envelope whose `return` holds the given XML. */
export function envelope(operation: string, inside: string): string {
  const soap = "http://schemas.xmlsoap.org/soap/envelope/";
  const ers = "http://external.interfaces.ers.seamless.com/";
  return `<?xml version="1.0"?><s:Envelope xmlns:s="${soap}" xmlns:e="${ers}"><s:Body><e:${operation}Response><return>${inside}</return></e:${operation}Response></s:Body></s:Envelope>`;
}
