import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { shortfallWh } from "../../../src/devices/rapi/delivery.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { needs } from "../../support/components.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { MOST_HURRY, makeRig, SETTINGS } from "./rig.ts";

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a charger that speaks RAPI, over a pseudo-terminal", () => {
  dispenserContract("rapi", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kioskd-rapi-"));
    const rig = await makeRig(folder, "charger");
    return {
      dispenser: rig.dispenser,
      pass: rig.pass,
      patienceMs: 12_000,
      smallLimitBase: 60,
      lateMs: 3 * MOST_HURRY * (await roundTripMs()),
      shortfallBase: shortfallWh(SETTINGS),
      remove: async () => {
        await rig.remove();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
});
