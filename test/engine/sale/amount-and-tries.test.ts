import { describe, expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import { type DeclineReason, declined, done, type Outcome } from "../../../src/ports/outcome.ts";
import { scene } from "../scene.ts";

async function offered() {
  const stage = await scene();
  await Promise.all([stage.kiosk.customers.select("1", "20.00", null), stage.pass(100)]);
  return stage;
}

describe("a customer whose try to pay went wrong", () => {
  it("is told while the code is good still, until it goes well", async () => {
    const { payment, pass, view, confirm } = await offered();
    const { qr } = view();
    payment.fail(String(qr).replace("MEMORY:", ""));
    await pass(2_000);
    expect(view()).toMatchObject({ state: "offered", message: "scan-again", qr });
    await confirm();
    expect(view().state).toBe("dispensing");
  });

  it("leaves nothing of it to the next one", async () => {
    const { kiosk, payment, pass, view } = await offered();
    payment.fail(String(view().qr).replace("MEMORY:", ""));
    await pass(2_000);
    await Promise.all([kiosk.customers.cancel("1"), pass(2_000)]);
    await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
    expect(view()).toMatchObject({ state: "offered", message: "scan" });
  });
});

it("an amount that the service does not do is told, and the kiosk sells other amounts", async () => {
  const { kiosk, payment, pass, view, faults } = await scene();
  const { offer } = payment;
  payment.offer = async () => declined("amount", "too small here");
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  expect(view()).toMatchObject({ state: "closed", message: "amount-impossible", available: true });
  expect(faults()).toEqual([]);
  payment.offer = offer;
  await Promise.all([kiosk.customers.select("1", "50.00", null), pass(100)]);
  expect(view()).toMatchObject({ state: "offered", message: "scan" });
});

describe("a capture that is answered with no", () => {
  async function settled(reason: DeclineReason, truth: (asked: number) => Outcome<Truth> | null) {
    const stage = await offered();
    const { payment, machine, pass, journal } = stage;
    await stage.confirm();
    let sent = 0;
    let asked = 0;
    payment.settle = async () => {
      sent++;
      return declined(reason, "no");
    };
    const { query } = payment;
    payment.query = async (...args) => truth(++asked) ?? (await query.apply(payment, args));
    machine.meter = done(700);
    machine.tell({ type: "reading", totaliserBase: 700 });
    machine.tell({ type: "finished" });
    await pass(30_000);
    const records = (await journal.salesAfter(0, 5)).map(({ body }) => `${body.outcome}: ${body.reason}`);
    return { ...stage, sent: () => sent, records };
  }

  it("for its amount goes to a person, with its hold: the goods are gone, and nobody may give them away", async () => {
    const { sent, records, payment, view } = await settled("amount", () => null);
    expect([sent(), records]).toEqual([1, ["needs-attention: settle-refused"]]);
    expect(payment.heldMinor(String(view().saleId))).toBe(2_000);
  });

  it("for its amount is over where the service shows that the money was taken", async () => {
    const receipt = { paymentReference: "p-1", paidAt: null, details: {} };
    const { records } = await settled("amount", () => done({ state: "captured", capturedMinor: 700, receipt }));
    expect(records).toEqual(["paid: null"]);
  });

  it("because it is too late is over where the service shows so", async () => {
    const { records } = await settled("too-late", () => done({ state: "ended", how: "expired" }));
    expect(records).toEqual(["needs-attention: reservation-lost"]);
  });

  it("because it is too late is asked about again while the service shows the hold", async () => {
    const { sent, records } = await settled("too-late", (asked) =>
      asked > 2 ? done({ state: "ended", how: "expired" }) : null,
    );
    expect(sent()).toBeGreaterThan(1);
    expect(records).toEqual(["needs-attention: reservation-lost"]);
  });
});
