import { describe, expect, it } from "vitest";
import type { Delivery, Sale } from "../../../src/core/sale/state.ts";
import { done } from "../../../src/ports/outcome.ts";
import { ALWAYS, T0_MS, TERMS } from "../../support/sale-fixtures.ts";
import { scene } from "../scene.ts";

/** From the choice to the hand-over; the service holds on for a minute more. */
const HANDOVER_MS = 3_540_000;
/** After a restart, with a clock that is right. */
const LATER_MS = T0_MS + HANDOVER_MS + 60_000;
/** The supervisor has found the service again. */
const SERVICE_BACK_MS = 12_000;

/** A sale of 3.00 that the service lets nobody settle until a person gets it; then the money is taken after all. */
async function takenLate() {
  const made = await scene({ identity: { terminal: "T1" } });
  const { kiosk, machine, payment, pass, confirm, view, journal } = made;
  await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(100)]);
  const saleId = view().saleId ?? "";
  const reference = (view().qr ?? "").replace("MEMORY:", "");
  await confirm();
  machine.meter = done(300);
  payment.known = false;
  machine.tell({ type: "finished" });
  await pass(HANDOVER_MS);
  payment.known = true;
  await payment.settle({ id: saleId, terms: TERMS } as Sale, reference, { amountMinor: 300 } as Delivery, ALWAYS);
  const records = async (): Promise<unknown[]> => {
    const sales = await journal.salesAfter(0, 9);
    return sales.map(({ seq, body }) => [seq, body.saleId, body.outcome, body.charged, body.amends]);
  };
  expect(await records()).toEqual([[1, saleId, "needs-attention", "0.00", undefined]]);
  return { ...made, saleId, records };
}

describe("a sale that went to a person before anybody knew of its payment", () => {
  it("is put right by what the service shows later, though the next one runs", async () => {
    const { kiosk, pass, view, journal, saleId, records, faults } = await takenLate();
    await pass(SERVICE_BACK_MS);
    expect(await records()).toHaveLength(2);
    await Promise.all([kiosk.customers.select("1", "50.00", "1.00"), pass(100)]);
    expect((await records())[1]).toEqual([2, saleId, "paid", "3.00", true]);
    const running = await journal.lastSale("1");
    expect(new Set(running.map((event) => event.saleId))).toEqual(new Set([view().saleId]));
    expect(view().saleId).not.toBe(saleId);
    expect(faults()).toEqual([`needs-attention: sale ${saleId}: deadline`]);
  });

  it.each([
    ["", {}],
    [", and its position has another name", { position: "pump", formerly: ["1"] }],
  ])("is asked about after a restart too%s, and once only", async (_what, renamed) => {
    const { journal, payment, records, saleId } = await takenLate();
    for (let restart = 0; restart < 2; restart++) {
      const again = await scene({ journal, payment, identity: { terminal: "T1" }, startMs: LATER_MS, ...renamed });
      await again.pass(SERVICE_BACK_MS);
      expect(await records()).toEqual([
        [1, saleId, "needs-attention", "0.00", undefined],
        [2, saleId, "paid", "3.00", true],
      ]);
    }
  });

  it("is not asked about while nobody knows what time it is: the answer would have a wrong one", async () => {
    const { journal, payment, records } = await takenLate();
    const again = await scene({ journal, payment, identity: { terminal: "T1" } });
    await again.pass(SERVICE_BACK_MS);
    expect(again.faults()).toContainEqual(expect.stringMatching(/^clock-implausible/));
    expect(await records()).toHaveLength(1);
  });

  it("is not asked about at another terminal, which knows nothing of it", async () => {
    const { journal, payment, records } = await takenLate();
    const again = await scene({ journal, payment, identity: { terminal: "T2" }, startMs: LATER_MS });
    await again.pass(SERVICE_BACK_MS);
    expect(await records()).toHaveLength(1);
  });
});
