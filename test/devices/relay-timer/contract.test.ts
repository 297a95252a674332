import { type DispenserRig, dispenserContract } from "../../contract/dispenser.ts";
import { BAY, Bay } from "../../support/simulated-bay.ts";

async function rigOf(bay: Bay): Promise<DispenserRig> {
  return {
    dispenser: bay.dispenser,
    pass: (ms) => bay.pass(ms),
    patienceMs: 20_000,
    smallLimitBase: 12,
    remove: async () => {},
  };
}

dispenserContract("a timer that is told what runs", async () => rigOf(await Bay.open()));
dispenserContract("a timer by its relay alone", async () =>
  rigOf(await Bay.open({ lines: { ...BAY.lines, running: null } })),
);
dispenserContract("a timer of blocks", async () => rigOf(await Bay.open({ blockS: 4 })));
