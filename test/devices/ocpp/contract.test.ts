import { leastWh } from "../../../src/devices/ocpp/delivery.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { Rig, SETTINGS } from "./rig.ts";

dispenserContract("ocpp, in virtual time", async () => {
  const rig = await new Rig({ isPlugged: true, carsFollow: true }).ready();
  const { dispenser } = rig;
  return {
    dispenser: {
      readingStepMs: dispenser.readingStepMs,
      mostBasePerS: dispenser.mostBasePerS,
      arm: (limitBase) => rig.settle(dispenser.arm(limitBase)),
      stop: () => rig.settle(dispenser.stop()),
      totaliser: () => rig.settle(dispenser.totaliser()),
      listen: (listener) => dispenser.listen(listener),
      close: () => rig.settle(dispenser.close()),
    },
    pass: (ms) => rig.pass(ms),
    patienceMs: 240_000,
    smallLimitBase: 400,
    shortfallBase: leastWh(SETTINGS.maxPowerW, SETTINGS.sampleMs),
    remove: () => rig.charger.close(),
  };
});
