import { startWebDisplay, type WebDisplaySettings } from "../../../src/adapters/display/web/server.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import type { CustomerInput, Display, Health, InputAnswer } from "../../../src/ports/display.ts";
import type { Log } from "../../../src/ports/log.ts";

export const QR_TEXT = "HTTP://SEQR.SE/R1700000000417";

export function positionView(changes: Partial<PositionView> = {}): PositionView {
  return {
    id: "1",
    state: "idle",
    product: { name: "Diesel", sku: "DSL", unit: "L" },
    currency: "SEK",
    unitPrice: "19.89",
    taxRate: "25",
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
    reference: null,
    faults: [],
    message: "choose",
    ...changes,
  };
}

const SALE = { available: false, saleId: "sale-1", reserved: "300.00" } as const;

/** One view for each screen that a customer can meet. */
export const VIEWS = {
  choose: () => positionView(),
  "out-of-service": () =>
    positionView({
      available: false,
      message: "out-of-service",
      faults: [{ code: "dispenser-fault", since: "2026-01-01T00:00:00.000Z" }],
    }),
  preparing: () => positionView({ ...SALE, state: "offering", message: "preparing" }),
  scan: () =>
    positionView({
      ...SALE,
      state: "offered",
      message: "scan",
      qr: QR_TEXT,
      expiresAt: new Date(Date.now() + 117_000).toISOString(),
    }),
  begin: () => positionView({ ...SALE, state: "reserved", message: "begin" }),
  live: () =>
    positionView({ ...SALE, state: "dispensing", message: "dispensing", quantity: "12.345", amount: "245.54" }),
  "choose-dear": () => positionView({ reserve: ["1000.00", "2000.00", "5000.00", "12000.00"] }),
  "live-dear": () =>
    positionView({ ...SALE, state: "dispensing", message: "dispensing", quantity: "612.345", amount: "12179.54" }),
  settling: () =>
    positionView({ ...SALE, state: "settling", message: "settling", quantity: "12.345", amount: "245.54" }),
  thanks: () =>
    positionView({
      ...SALE,
      state: "closed",
      available: true,
      message: "paid",
      quantity: "12.345",
      amount: "245.54",
      charged: "245.54",
      freed: "54.46",
      reference: "R1700000000417",
    }),
  declined: () => positionView({ ...SALE, state: "closed", available: true, message: "declined", charged: "0.00" }),
  "in-review": () => positionView({ ...SALE, state: "closed", available: true, message: "in-review", charged: "0.00" }),
} as const satisfies Readonly<Record<string, () => PositionView>>;

interface Pressed {
  readonly action: "select" | "stop" | "cancel";
  readonly position: string;
  readonly maximum?: string;
}

/** The adapter on a free port of this machine, with an input that records and answers what it is told to. */
export async function startTestDisplay(changes: Partial<WebDisplaySettings> = {}): Promise<TestDisplay> {
  const pressed: Pressed[] = [];
  const logged: string[] = [];
  const control: { answer: InputAnswer | Error; health: Health } = {
    answer: { kind: "taken" },
    health: { ok: true, reasons: [] },
  };
  const take = async (press: Pressed): Promise<InputAnswer> => {
    pressed.push(press);
    if (control.answer instanceof Error) throw control.answer;
    return control.answer;
  };
  const input: CustomerInput = {
    select: (position, maximum) => take({ action: "select", position, maximum }),
    stop: (position) => take({ action: "stop", position }),
    cancel: (position) => take({ action: "cancel", position }),
  };
  const keep = (_fields: unknown, message: string): void => void logged.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const settings = { host: "127.0.0.1", port: 0, token: null, locales: ["sv", "en"], kioskName: "Demo station" };
  const display = await startWebDisplay(
    { ...settings, ...changes },
    { input, health: () => control.health, metrics: async () => "kioskd_sales_total 7\n", log },
  );
  return { display, pressed, logged, control, port: Number(new URL(display.url).port) };
}

export interface TestDisplay {
  readonly display: Display & { readonly url: string };
  readonly pressed: Pressed[];
  readonly logged: string[];
  readonly control: { answer: InputAnswer | Error; health: Health };
  readonly port: number;
}
