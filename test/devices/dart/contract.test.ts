import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { tempFolder } from "../../support/temp.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { eagerCustomer, hasSocat, openController, openPty, openPump, ready, side } from "./rig.ts";

describe.skipIf(!hasSocat)("a DART pump over a real serial port", () => {
  dispenserContract("DART", async () => {
    const pty = await openPty(tempFolder(), "dart");
    const bench = await openPump(pty.device);
    const { bus, pump } = openController(pty.host);
    const dispenser = pump();
    const leave = eagerCustomer(side(bench));
    await ready(dispenser);
    return {
      dispenser,
      pass: (ms) => sleep(ms),
      patienceMs: 1_500,
      smallLimitBase: 500,
      lateMs: 3 * (await roundTripMs()),
      remove: async () => {
        leave();
        await bus.close();
        await bench.close();
        await pty.unplug();
      },
    };
  });
});
