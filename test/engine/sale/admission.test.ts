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
