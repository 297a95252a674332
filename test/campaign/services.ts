import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { DEMO_KEY, startStripeSimulator } from "../../src/payments/stripe/simulator/server.ts";
import type { Session } from "../../src/payments/stripe/simulator/state.ts";
import { DEMO_UNIT, startVippsSimulator } from "../../src/payments/vipps/simulator/server.ts";
import type { SimulatedPayment } from "../../src/payments/vipps/simulator/service.ts";
import type { Random } from "../support/sim-chaos.ts";
import type { Billed } from "./books.ts";

/** A payment service as a campaign uses it: its books, its customer's hand, and answers that get lost. */
export interface Service {
  /** What the configuration says of it. `secret` writes a file of its own and gives its name. */
  configured(secret: (name: string, value: string) => string): {
    readonly section: object;
    readonly position: object;
  };
  readonly currency: string;
  /** It takes nothing that is worth less. */
  readonly leastMinor: number;
  /** Null for what is no code of it. */
  referenceIn(code: string): string | null;
  bills(): readonly Billed[];
  /** False when it can no longer be confirmed. */
  confirm(reference: string): boolean;
  /** Null where a customer can only walk away. */
  readonly decline: ((reference: string) => void) | null;
  /** Something becomes of the next request of a kind. */
  trouble(random: Random): Promise<void>;
  untroubled(): Promise<void>;
  close(): Promise<void>;
}

export const SERVICES = { seqr, vipps, stripe } as const;
export type ServiceName = keyof typeof SERVICES;

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}

const HERE = { host: "127.0.0.1", port: 0 };
const LATE_MS = 1_500;
const TIMEOUT = { requestTimeout: "1s" };

async function seqr(): Promise<Service> {
  const { book, endpoint, phoneUrl, close } = await startSeqrSimulator(HERE);
  const faults = (method: "POST" | "DELETE", body?: object): Promise<unknown> =>
    fetch(new URL("/faults", phoneUrl), {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify({ ...body, count: 1 }) }),
    });
  return {
    configured: (secret) => ({
      section: { ...TIMEOUT, endpoint, pollInterval: "100ms", commitTimeout: "7d" },
      position: { terminal: { id: "demo-terminal", passwordFile: secret("terminal-1", "12345678") } },
    }),
    currency: "SEK",
    leastMinor: 0,
    referenceIn: (code) => /\d+$/.exec(code)?.[0] ?? null,
    bills: () =>
      book
        .bills(Date.now())
        .map(({ reference, clientInvoiceId, status, chargedMinor, heldMinor, commits, reversed }) => ({
          ...{
            reference,
            saleId: clientInvoiceId,
            status,
            capturedMinor: chargedMinor,
            heldMinor,
            commits,
            isReversed: reversed,
          },
        })),
    confirm: (reference) => book.confirm(Date.now(), reference) === "done",
    decline: (reference) => void book.decline(Date.now(), reference),
    trouble: async (random) => {
      const op = random.pick([
        "sendInvoice",
        "getPaymentStatus",
        "updateInvoice",
        "commitReservation",
        "cancelInvoice",
      ]);
      const mode = random.pick(["drop-response", "drop-response", "drop-request", "delay", "truncate", "soap-fault"]);
      await faults("POST", { op, mode, delayMs: LATE_MS });
    },
    untroubled: async () => void (await faults("DELETE")),
    close,
  };
}

/** In kroner of Denmark: of Norway's it takes no less than one. */
async function vipps(): Promise<Service> {
  const { origin, service, faults, close } = await startVippsSimulator({ ...HERE, unit: { currency: "DKK" } });
  const { merchantSerialNumber, clientId, clientSecret, subscriptionKey } = DEMO_UNIT;
  return {
    configured: (secret) => ({
      section: {
        ...TIMEOUT,
        ...{ environment: "test", endpoint: origin, merchantSerialNumber, clientId, partialCapture: true },
        clientSecretFile: secret("vipps-client-secret", clientSecret),
        subscriptionKeyFile: secret("vipps-subscription-key", subscriptionKey),
        commitTimeout: "6d",
      },
      position: {},
    }),
    currency: "DKK",
    leastMinor: 0,
    referenceIn: (code) => service.find(/[?]pay=(\w+)$/.exec(code)?.[1] ?? "")?.reference ?? null,
    bills: () => service.payments().map(paymentBilled),
    confirm: (reference) => service.choose("confirm", reference) === "done",
    decline: (reference) => void service.choose("decline", reference),
    trouble: async (random) => {
      const call = random.pick(["token", "create", "payment", "payment", "capture", "cancel"] as const);
      const mode = random.pick(["drop-answer", "drop-answer", "drop-request", "delay", "truncate", "status"] as const);
      faults.add({ call, mode, count: 1, status: 500, delayMs: LATE_MS });
    },
    untroubled: async () => faults.clear(),
    close,
  };
}

function paymentBilled(payment: SimulatedPayment): Billed {
  const { reference, state, capturedMinor, authorisedMinor, cancelledMinor, events } = payment;
  const heldMinor = state === "AUTHORIZED" ? authorisedMinor - cancelledMinor - capturedMinor : 0;
  const isHeld = state === "AUTHORIZED" && heldMinor > 0;
  return {
    ...{ reference, saleId: reference, capturedMinor, heldMinor },
    status: capturedMinor > 0 ? "PAID" : state === "CREATED" ? "ISSUED" : isHeld ? "RESERVED" : "CANCELED",
    commits: events.filter(({ name, success }) => name === "CAPTURED" && success).length,
  };
}

async function stripe(): Promise<Service> {
  const { endpoint, book, faults, close } = await startStripeSimulator(HERE);
  const nowS = (): number => Math.floor(Date.now() / 1_000);
  return {
    configured: (secret) => ({
      section: {
        ...TIMEOUT,
        ...{ endpoint, account: DEMO_KEY.account, apiKeyFile: secret("stripe", DEMO_KEY.key) },
        ...{ thanksUrl: "https://example.com/thanks", pollInterval: "3s", commitTimeout: "6d" },
      },
      position: {},
    }),
    currency: "EUR",
    leastMinor: 50,
    referenceIn: (code) => /cs_\w+/.exec(code)?.[0] ?? null,
    bills: () => book.sessions(nowS()).map(sessionBilled),
    confirm: (reference) => book.press(reference, "4242424242424242", nowS()) === "paid",
    decline: null,
    trouble: async (random) => {
      const call = random.pick(["create", "retrieve", "retrieve", "capture", "expire", "cancel"] as const);
      const mode = random.pick(["lost-after", "lost-after", "lost-before", "late", "cut", "error"] as const);
      faults.add({ call, mode, lateMs: LATE_MS });
    },
    untroubled: async () => faults.clear(),
    close,
  };
}

function sessionBilled({ id, clientReferenceId, status, intent }: Session): Billed {
  const isHeld = intent?.status === "requires_capture";
  const isPaid = intent?.status === "succeeded";
  return {
    ...{ reference: id, saleId: clientReferenceId ?? "", commits: intent?.captures ?? 0 },
    ...{ capturedMinor: intent?.received ?? 0, heldMinor: isHeld ? intent.amount : 0 },
    status: isPaid ? "PAID" : isHeld ? "RESERVED" : status === "open" ? "ISSUED" : "CANCELED",
  };
}
