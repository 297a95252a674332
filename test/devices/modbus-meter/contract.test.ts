import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { hasSocat, meterRig } from "./rig.ts";

describe.skipIf(!hasSocat)("a Modbus meter over a real serial port", () => {
  dispenserContract("a Modbus meter with a contactor", async () => {
    const rig = await meterRig();
    return {
      dispenser: rig.dispenser,
      pass: (ms) => sleep(ms),
      patienceMs: 3_500,
      smallLimitBase: 50,
      lateMs: 3 * (await roundTripMs()),
      // One step of the register, and 20 Wh a second for as long as it lags and the contactor takes to open.
      shortfallBase: 20,
      remove: rig.remove,
    };
  });
});
