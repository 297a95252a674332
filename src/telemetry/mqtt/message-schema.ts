import { z } from "zod";
import type { FaultCode, FaultOwner, Severity } from "../../core/faults.ts";
import type { CommandReply, HealthMessage } from "../../core/operator/messages.ts";
import type { PositionView } from "../../core/sale/view.ts";
import { exactly } from "../../ports/exactly.ts";
import * as field from "./fields.ts";
import { decimal, kind, time } from "./fields.ts";

const status = z
  .union([
    z.strictObject({
      state: kind("online", "It is connected."),
      version: z.string().describe("Of the daemon."),
      since: time.describe("When it connected."),
    }),
    z.strictObject({
      state: kind("offline", "It is gone."),
      reason: z
        .enum(["lost", "shutdown"])
        .describe("`shutdown`: it was told to end. `lost`: the broker hears of it no more."),
    }),
  ])
  .describe("Whether the kiosk is there.");

const product = z.strictObject({ name: z.string().describe("As on the display."), sku: field.sku, unit: field.unit });

const timeout = z.strictObject({
  at: time.describe("When the screen's time is over."),
  extendable: z.boolean().describe("The customer may ask for more time."),
});

const says = exactly<PositionView["message"]>()(
  z.enum([
    ...([
      "choose",
      "out-of-service",
      "preparing",
      "scan",
      "scan-again",
      "confirm",
      "wait",
      "begin",
      "dispensing",
    ] as const),
    ...([
      "stopping",
      "settling",
      "releasing",
      "paid",
      "in-review",
      "staff-decides",
      "canceled",
      "declined",
      "amount-impossible",
      "expired",
    ] as const),
    ...(["nothing-dispensed", "too-little", "unavailable", "failed"] as const),
  ]),
);

const faultKind = {
  severity: exactly<Severity>()(z.enum(["blocking", "warning"])).describe(
    "`blocking`: nothing is sold at its place until it is cleared.",
  ),
  owner: exactly<FaultOwner>()(
    z.enum(["payment", "dispenser", "journal", "clock", "display", "operator", "telemetry", "sales", "books"]),
  ).describe("The part of the kiosk that raises and clears it."),
};

/** Whoever reads the broker could pay by the code's text or show it elsewhere. */
export type StateMessage = Omit<PositionView, "qr"> & { readonly qrShown: boolean };
const state = exactly<StateMessage>()(
  z.strictObject({
    qrShown: z.boolean().describe("Whether a code to scan is on the display."),
    id: z.string().describe("Of the position."),
    state: z
      .enum(["idle", "offering", "offered", "reserved", "dispensing", "settling", "closed"])
      .describe("The phase of the sale shown; `idle` without one."),
    product: product.describe("What is sold."),
    currency: field.currency,
    unitPrice: field.unitPrice,
    taxRate: decimal.describe("In percent."),
    minimum: decimal.nullable().describe("The least that a purchase costs; null when there is no such amount."),
    reserve: z
      .array(decimal)
      .describe("The maxima that a customer may choose between; empty where goods are chosen at the device."),
    available: z.boolean().describe("A new customer can begin."),
    saleId: z.string().nullable().describe("The sale shown; null when there is none."),
    reserved: decimal.nullable().describe("The maximum chosen, from the choice on."),
    quantity: decimal.describe("What has been delivered, in `product.unit`. While it flows, see the meter."),
    amount: field.amount,
    charged: decimal.nullable().describe("What the customer paid; null until the sale is closed."),
    freed: decimal.nullable().describe("Reserved and not charged; null until the sale is closed."),
    expiresAt: time.nullable().describe("When the offer ends; null without one."),
    timeout: timeout
      .nullable()
      .describe(
        "What the customer has to be warned of: when the screen's time is over, and whether they may have more.",
      ),
    reference: z.string().nullable().describe("The payment service's reference of the payment; null until it is paid."),
    stoppedBy: exactly<PositionView["stoppedBy"]>()(
      z.enum(["customer", "operator", "deadline", "no-flow", "fault", "restart"]).nullable(),
    ).describe("Who ended the delivery, where neither the customer nor the device did; null otherwise."),
    closedAt: time.nullable().describe("When the sale was closed; null until then."),
    faults: z
      .array(
        z.strictObject({
          code: z.string().describe("Of the fault."),
          ...faultKind,
          since: time.describe("When it began."),
        }),
      )
      .describe("Those that concern the position."),
    message: says.describe("What the display says, in the customer's language; the texts stand with the display."),
  }),
).describe(
  "A position as its customer sees it, but for the code's text: whoever reads the broker could pay or show it.",
);

const meter = z
  .strictObject({
    saleId: field.saleId.nullable().describe("Of the sale; unique for ever."),
    quantity: field.quantity,
    unit: field.unit,
    amount: field.amount,
    currency: field.currency,
  })
  .describe("What has flowed so far in a delivery: live, for the eye. What counts is in the sale's record.");

const today = z
  .strictObject({
    charged: decimal.describe("What the customers paid, with tax."),
    currency: field.currency,
    quantity: field.quantity,
    unit: field.unit,
    sales: z.int().describe("How many were closed, whatever their outcome."),
    since: time.describe("Counted from here on: the beginning of the day, or of the daemon when it came later."),
  })
  .describe("What the sales of a position come to that reached the broker today, by the day of UTC.");

const faultCode = exactly<FaultCode>()(
  z.enum([
    ...(["payment-unreachable", "payment-rejected", "offer-unclear"] as const),
    ...(["dispenser-fault", "dispenser-unreachable"] as const),
    ...(["dispenser-warning", "signal-failed"] as const),
    ...(["journal-unwritable", "clock-implausible", "display-silent", "operator-block"] as const),
    ...(["update-waits"] as const),
    ...(["broker-unreachable", "broker-refuses", "receiver-silent", "needs-attention", "books-differ"] as const),
    ...(["reconciliation-failed", "receipts-wait", "unaccounted", "overrun", "refund-unclear"] as const),
    ...(["rest-still-held", "refund-returned"] as const),
  ]),
);

const fault = z.strictObject({
  code: faultCode.describe("Of the fault."),
  ...faultKind,
  position: z.string().nullable().describe("Null when it concerns the whole kiosk."),
  since: time.describe("When it was raised."),
  detail: z.string().describe("What was seen, in words."),
  advice: z.string().describe("What an operator can do about it."),
});

const faults = z
  .strictObject({ faults: z.array(fault).describe("Empty when all is well.") })
  .describe("All faults that are raised now.");

const health = exactly<HealthMessage>()(
  z.strictObject({
    at: time.describe("When it was measured."),
    uptimeS: z.int().describe("Since the daemon's start, in whole seconds."),
    residentBytes: z.int().describe("Memory of the daemon."),
    loopLagMs: z.number().describe("The longest time in the last minute that nothing else could run."),
    diskFreeBytes: z.int().nullable().describe("Free space where the journal stands."),
    temperatureC: z.number().nullable().describe("Of the processor."),
    outbox: z
      .strictObject({ sales: z.int(), refunds: z.int(), reconciliations: z.int(), unaccounted: z.int() })
      .describe("Records that wait for their acknowledgement, by stream."),
  }),
).describe("How the machine is, once a minute. What it cannot tell is null.");

const refusal = z.enum([
  ...(["not-allowed", "unknown-command", "unknown-position", "malformed", "too-large"] as const),
  ...(["retained", "expired", "repeated", "conflict", "failed"] as const),
]);

const answered = {
  command: z.string().describe("Its name."),
  id: z.string().nullable().describe("The command's own, null when it had none."),
};

const reply = exactly<CommandReply>()(
  z.union([
    z.strictObject({ ok: kind(true, "It was carried out; an order that holds is on disk."), ...answered }),
    z.strictObject({
      ok: kind(false, "Nothing was changed."),
      refusal: refusal.describe("Why a command was not carried out."),
      detail: field.detail,
      ...answered,
    }),
  ]),
).describe("The answer to a command.");

export type StatusMessage = z.output<typeof status>;
export type MeterMessage = z.output<typeof meter>;
export type TodayMessage = z.output<typeof today>;
export type FaultsMessage = z.output<typeof faults>;

/** States, measurements and answers, as they are published, by the name that topics give them. */
export const MESSAGES = {
  StatusMessage: status,
  StateMessage: state,
  MeterMessage: meter,
  TodayMessage: today,
  FaultsMessage: faults,
  HealthMessage: health,
  CommandReply: reply,
} as const;
