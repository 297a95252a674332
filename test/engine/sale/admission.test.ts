import { expect, it } from "vitest";
import { scene } from "../scene.ts";

const OFFER_MS = 60_000;
const HALF_AN_HOUR_MS = 1_800_000;

it("no sale begins by a clock that was set back while the dispenser was asked", async () => {
  const { kiosk, machine, pass, faults, setClockBack } = await scene();
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  await pass(2 * OFFER_MS);
  const { totaliser } = machine;
  machine.totaliser = async () => {
    setClockBack(HALF_AN_HOUR_MS);
    return await totaliser.call(machine);
  };
  const [answer] = await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  expect(answer).toMatchObject({ kind: "conflict", reason: "out of service: clock-implausible" });
  expect(faults()).toEqual([expect.stringContaining("clock-implausible")]);
});

const RULES = { leastReservationMinor: 2_500, leastCaptureMinor: 300, mostMinor: 4_900, stepMinor: 100 };

it.each([
  ["at the display", 2_000, /reserves no amount so small/],
  ["at the display", 5_000, /reserves no amount so large/],
])("an amount that the payment service does not reserve begins no sale %s: %i", async (_, maximumMinor, reason) => {
  const { kiosk, payment, pass } = await scene();
  payment.rules = RULES;
  const chosen = (maximumMinor / 100).toFixed(2);
  const [answer] = await Promise.all([kiosk.customers.select("1", chosen, null), pass(100)]);
  expect(answer).toMatchObject({ kind: "conflict", reason: expect.stringMatching(reason) });
});

it("an offer from outside is held against what the payment service reserves, and comes down to its step", async () => {
  const { kiosk, payment, pass } = await scene();
  payment.rules = RULES;
  const [little] = await Promise.all([kiosk.customers.offerTo("1", 2_499), pass(100)]);
  expect(little).toEqual({ kind: "too-little" });
  const [offered] = await Promise.all([kiosk.customers.offerTo("1", 2_555), pass(1_000)]);
  expect(offered).toMatchObject({ kind: "offered" });
  expect(kiosk.view().positions[0]?.reserved).toBe("25.00");
});

it("nothing is sold in a currency that the payment service does not do", async () => {
  const { kiosk, payment, pass } = await scene();
  payment.rules = null;
  const [answer] = await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  expect(answer).toMatchObject({ kind: "conflict", reason: "the payment service does not do SEK" });
});

it("the rules of money that a sale began under stay in its journal; where there are none, none are written", async () => {
  const { kiosk, payment, pass, journal } = await scene();
  payment.rules = { ...RULES, mostMinor: 5_000 };
  await Promise.all([kiosk.customers.select("1", "50.00", null), pass(100)]);
  const [selected] = await journal.lastSale("1");
  expect(selected).toMatchObject({ terms: { rules: { leastCaptureMinor: 300, stepMinor: 100 } } });
  const other = await scene();
  await Promise.all([other.kiosk.customers.select("1", "50.00", null), other.pass(100)]);
  expect(Object.keys((await other.journal.lastSale("1"))[0] ?? {})).toContain("terms");
  expect(JSON.stringify(await other.journal.lastSale("1"))).not.toContain("rules");
});
