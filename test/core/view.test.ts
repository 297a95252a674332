import { describe, expect, it } from "vitest";
import { clear, type Fault, type FaultCode, raise } from "../../src/core/faults.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { type Goods, type Live, positionView } from "../../src/core/sale/view.ts";
import { at, DIESEL, HAPPY, T0_MS } from "../support/sale-fixtures.ts";

const GOODS: Goods = {
  position: "1",
  productName: "Diesel",
  sku: "DSL",
  tariff: DIESEL,
  reserveMinor: [10_000, 30_000],
};
const SHOWN: Live = {
  nowMs: T0_MS + 10_000,
  totaliserBase: null,
  presentedUntilMs: T0_MS + 99_000,
  noFlowAtMs: null,
  tried: null,
  stoppedBy: null,
};

function fault(code: FaultCode, position: string | null = null): Fault {
  return { code, position, sinceMs: T0_MS, detail: "" };
}

describe("the view", () => {
  it.each([
    [0, "idle", "choose", false, "0.00"],
    [1, "offering", "preparing", false, "0.00"],
    [2, "offered", "scan", true, "0.00"],
    [3, "reserved", "begin", false, "0.00"],
    [4, "dispensing", "dispensing", false, "0.00"],
    [5, "settling", "settling", false, "99.45"],
    [6, "closed", "paid", false, "99.45"],
  ])("after %i events is %s, says %s, shows a code: %s", (count, state, message, code, amount) => {
    const view = positionView(GOODS, replay(IDLE, HAPPY.slice(0, count)), SHOWN, []);
    expect(view).toMatchObject({ state, message, amount });
    expect(view.qr).toBe(code ? "HTTP://SEQR.SE/R1" : null);
  });

  it("shows no code and offers nothing while anything blocking is wrong, here or with the whole kiosk", () => {
    const offered = replay(IDLE, HAPPY.slice(0, 2));
    for (const [raised, blocked] of [
      [fault("journal-unwritable"), true],
      [fault("payment-unreachable", "1"), true],
      [fault("dispenser-fault", "2"), false],
      [fault("broker-unreachable"), false],
    ] as const) {
      expect(positionView(GOODS, offered, SHOWN, [raised]).qr === null, raised.code).toBe(blocked);
      expect(positionView(GOODS, IDLE, SHOWN, [raised]).available, raised.code).toBe(!blocked);
    }
  });

  it.each(["declined", "try-again", "unavailable"] as const)(
    "says of a try that was %s that the code is good still",
    (tried) => {
      const offered = replay(IDLE, HAPPY.slice(0, 2));
      const seen = { ...SHOWN, tried };
      expect(positionView(GOODS, offered, seen, [])).toMatchObject({ message: "scan-again", qr: "HTTP://SEQR.SE/R1" });
      expect(positionView(GOODS, offered, { ...seen, nowMs: T0_MS + 95_000 }, [])).toMatchObject({
        message: "confirm",
      });
      expect(positionView(GOODS, offered, seen, [fault("payment-unreachable", "1")]).message).toBe("wait");
    },
  );

  it("follows the live reading, and never shows more than the maximum", () => {
    const state = replay(IDLE, HAPPY.slice(0, 4));
    const live = (totaliserBase: number) => positionView(GOODS, state, { ...SHOWN, totaliserBase }, []);
    expect(live(1_002_000)).toMatchObject({ quantity: "2.000", amount: "39.78" });
    expect(live(1_050_000)).toMatchObject({ quantity: "50.000", amount: "300.00" });
    expect(live(999)).toMatchObject({ quantity: "0.000", amount: "0.00" });
  });

  it("says what was reserved, charged and freed, until it is no longer presented", () => {
    const closed = replay(IDLE, HAPPY);
    const thanks = { reserved: "300.00", charged: "99.45", freed: "200.55", reference: "ers-1" };
    expect(positionView(GOODS, closed, SHOWN, [])).toMatchObject(thanks);
    expect(positionView(GOODS, closed, { ...SHOWN, presentedUntilMs: null }, [])).toMatchObject({
      state: "idle",
      message: "choose",
      saleId: null,
    });
  });

  it("takes the code down 30 s before the offer ends, and warns of each end", () => {
    const offered = replay(IDLE, HAPPY.slice(0, 2));
    const at = (afterS: number) => positionView(GOODS, offered, { ...SHOWN, nowMs: T0_MS + afterS * 1000 }, []);
    const timeout = (afterS: number) => ({ at: new Date(T0_MS + afterS * 1000).toISOString(), extendable: true });
    expect(at(90.999)).toMatchObject({ message: "scan", qr: "HTTP://SEQR.SE/R1", timeout: timeout(91) });
    expect(at(91)).toMatchObject({ message: "confirm", qr: null, timeout: timeout(121) });
    expect(at(91).expiresAt).toBe(at(90).expiresAt);
  });

  it("says when a delivery without flow, or a receipt, will be gone", () => {
    const view = (events: number, live: Partial<Live>) =>
      positionView(GOODS, replay(IDLE, HAPPY.slice(0, events)), { ...SHOWN, ...live }, []).timeout;
    expect(view(4, {})).toBeNull();
    expect(view(4, { noFlowAtMs: T0_MS + 50_000 })).toEqual({ at: "2026-11-22T09:00:50.000Z", extendable: true });
    expect(view(7, {})).toEqual({ at: "2026-11-22T09:01:39.000Z", extendable: true });
    expect(view(7, { presentedUntilMs: null })).toBeNull();
  });

  it("tells of each fault whose it is, and whether it keeps from selling", () => {
    const faults = [fault("dispenser-warning", "1"), fault("journal-unwritable", null), fault("overrun", "2")];
    expect(positionView(GOODS, IDLE, SHOWN, faults).faults).toMatchObject([
      { code: "dispenser-warning", severity: "warning", owner: "dispenser" },
      { code: "journal-unwritable", severity: "blocking", owner: "journal" },
    ]);
  });

  it("tells the least charge where there is one", () => {
    expect(positionView(GOODS, IDLE, SHOWN, []).minimum).toBeNull();
    const goods = { ...GOODS, tariff: { ...DIESEL, minimumMinor: 1_050 } };
    expect(positionView(goods, IDLE, SHOWN, []).minimum).toBe("10.50");
  });

  it("keeps the price that the customer agreed to", () => {
    const dearer = { ...GOODS, tariff: { ...DIESEL, unitPriceE6: 25_000_000 } };
    expect(positionView(dearer, replay(IDLE, HAPPY.slice(0, 4)), SHOWN, []).unitPrice).toBe("19.89");
    expect(positionView(dearer, IDLE, SHOWN, []).unitPrice).toBe("25.00");
  });
});

describe("the record of a closed sale", () => {
  it("holds what an operator needs", () => {
    expect(saleRecord(replay(IDLE, HAPPY) as Closed)).toMatchObject({
      saleId: "s1",
      outcome: "paid",
      quantity: "5.000",
      reserved: "300.00",
      charged: "99.45",
      freed: "200.55",
      tax: "19.89",
      loss: "0.00",
      reference: "ers-1",
      invoiceReference: "R1",
      closedAt: "2026-11-22T09:01:02.000Z",
    });
  });

  it("promises nothing as freed that a person has to look at", () => {
    const lost = replay(IDLE, [...HAPPY.slice(0, 5), at(99, { type: "released" })]) as Closed;
    expect(saleRecord(lost)).toMatchObject({ outcome: "needs-attention", charged: "0.00", freed: "0.00" });
  });
});

describe("faults", () => {
  it("keep their first time, and clear only at their own place", () => {
    const once = raise([], fault("overrun", "1"));
    expect(raise(once, { ...fault("overrun", "1"), sinceMs: 5 })).toBe(once);
    expect(clear(once, "overrun", "2")).toBe(once);
    expect(clear(once, "overrun", "1")).toEqual([]);
  });
});
