import { type FaultCode, owner, severity } from "../../src/core/faults.ts";
import type { PositionView } from "../../src/core/sale/view.ts";

export const QR_TEXT = "HTTP://SEQR.SE/R1700000000417";

export function positionView(changes: Partial<PositionView> = {}): PositionView {
  return {
    id: "1",
    state: "idle",
    product: { name: "Diesel", sku: "DSL", unit: "L" },
    currency: "SEK",
    unitPrice: "19.89",
    taxRate: "25",
    minimum: null,
    reserve: ["100.00", "300.00", "500.00"],
    available: true,
    saleId: null,
    reserved: null,
    quantity: "0.000",
    amount: "0.00",
    charged: null,
    freed: null,
    qr: null,
    expiresAt: null,
    timeout: null,
    reference: null,
    stoppedBy: null,
    closedAt: null,
    faults: [],
    message: "choose",
    ...changes,
  };
}

const SALE = { available: false, saleId: "sale-1", reserved: "300.00" } as const;
const CLOSED = { ...SALE, available: true, state: "closed", charged: "0.00" } as const;
const CHARGING = { product: { name: "Charging 11 kW", sku: "EV", unit: "kWh" }, unitPrice: "4.50" } as const;
/** Choose at the machine, then pay that price. */
const SNACKS = { product: { name: "Snacks", sku: "SNK", unit: "credit" }, unitPrice: "1.00", reserve: [] } as const;
const VENDING = { product: { name: "Coffee", sku: "COF", unit: "pcs" }, unitPrice: "25.00" } as const;

function timeout(leftMs: number): PositionView["timeout"] {
  return { at: new Date(Date.now() + leftMs).toISOString(), extendable: true };
}

/** One view for each screen that a customer can meet, and the longest that may have to stand on it. */
export const VIEWS = {
  choose: () => positionView(),
  "choose-dear": () => positionView({ reserve: ["1000.00", "2000.00", "5000.00", "12000.00"], minimum: "10.00" }),
  "choose-at-machine": () => positionView(SNACKS),
  "out-of-service": () => faulty("dispenser-fault"),
  "payment-away": () => faulty("payment-unreachable"),
  closed: () => faulty("operator-block"),
  "technical-fault": () => faulty("journal-unwritable"),
  preparing: () => positionView({ ...SALE, state: "offering", message: "preparing" }),
  scan: () => offered(117_000),
  "scan-again": () => ({ ...offered(117_000), message: "scan-again" }),
  "scan-ending": () => offered(15_000),
  "scan-item": () => ({ ...offered(117_000), ...SNACKS, reserved: "15.50" }),
  confirm: () => positionView({ ...SALE, state: "offered", message: "confirm", timeout: timeout(25_000) }),
  wait: () => positionView({ ...SALE, state: "offered", message: "wait" }),
  begin: () => positionView({ ...SALE, state: "reserved", message: "begin" }),
  "begin-charging": () => positionView({ ...SALE, ...CHARGING, state: "dispensing", message: "dispensing" }),
  "begin-vending": () => positionView({ ...SALE, ...VENDING, state: "reserved", message: "begin" }),
  "begin-ending": () => positionView({ ...SALE, state: "dispensing", message: "dispensing", timeout: timeout(15_000) }),
  live: () => delivered("12.345", "245.54"),
  "live-dear": () => delivered("612.345", "12179.54"),
  "live-charging": () => ({ ...delivered("12.345", "55.55"), ...CHARGING }),
  "live-ending": () => ({ ...delivered("12.345", "245.54"), timeout: timeout(15_000) }),
  stopping: () => ({ ...delivered("12.345", "245.54"), message: "stopping" }),
  settling: () => ({ ...delivered("12.345", "245.54"), state: "settling", message: "settling" }),
  releasing: () => positionView({ ...SALE, state: "settling", message: "releasing" }),
  thanks: () => paid(),
  "thanks-charging": () => paid(CHARGING),
  "thanks-item": () => paid({ ...SNACKS, reserved: "15.50", charged: "15.50", freed: "0.00" }),
  "stopped-by-fault": () => paid({ ...blocked("dispenser-fault"), stoppedBy: "fault" }),
  "stopped-by-staff": () => paid({ ...blocked("operator-block"), stoppedBy: "operator" }),
  canceled: () => positionView({ ...CLOSED, message: "canceled" }),
  declined: () => positionView({ ...CLOSED, message: "declined" }),
  "amount-impossible": () => positionView({ ...CLOSED, message: "amount-impossible" }),
  expired: () => positionView({ ...CLOSED, message: "expired" }),
  "nothing-dispensed": () => positionView({ ...CLOSED, message: "nothing-dispensed" }),
  "too-little": () => positionView({ ...CLOSED, message: "too-little" }),
  unavailable: () => positionView({ ...CLOSED, message: "unavailable" }),
  failed: () => positionView({ ...CLOSED, message: "failed" }),
  "canceled-blocked": () => positionView({ ...CLOSED, ...blocked("payment-unreachable"), message: "canceled" }),
  "in-review": () => positionView({ ...CLOSED, message: "in-review" }),
  "staff-decides": () => positionView({ ...CLOSED, message: "staff-decides" }),
} as const satisfies Readonly<Record<string, () => PositionView>>;

function offered(leftMs: number): PositionView {
  const expiresAt = new Date(Date.now() + leftMs + 30_000).toISOString();
  return positionView({ ...SALE, state: "offered", message: "scan", qr: QR_TEXT, expiresAt, timeout: timeout(leftMs) });
}

function paid(changes: Partial<PositionView> = {}): PositionView {
  return positionView({
    ...{ ...CLOSED, message: "paid", closedAt: "2026-01-01T12:34:56.000Z", reference: "R1700000000417" },
    ...{ quantity: "12.345", amount: "245.54", charged: "245.54", freed: "54.46" },
    ...changes,
  });
}

function delivered(quantity: string, amount: string): PositionView {
  return positionView({ ...SALE, state: "dispensing", message: "dispensing", quantity, amount });
}

export function faulty(...codes: readonly FaultCode[]): PositionView {
  return positionView({ ...blocked(...codes), message: "out-of-service" });
}

export function blocked(...codes: readonly FaultCode[]): Pick<PositionView, "available" | "faults"> {
  const since = "2026-01-01T00:00:00.000Z";
  const faults = codes.map((code) => ({ code, severity: severity(code), owner: owner(code), since }));
  return { available: false, faults };
}
