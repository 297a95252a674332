import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { outputsOff } from "../../src/cli/outputs-off.ts";
import { tempFolder } from "../support/temp.ts";

it("outputs-off goes on to every device, and names each that may still release something", async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "meter-vend.register"), "not a register");
  const position = (id: string, unit: string, dispenser: object) => ({
    id,
    terminal: { id: `t-${id}`, passwordFile: "secrets/terminal" },
    product: { name: "Goods", sku: "G", unit, unitPrice: "1.00", taxRate: 25 },
    reserve: ["100.00"],
    dispenser: { port: join(folder, `no-such-port-${id}`), ...dispenser },
  });
  const file = join(folder, "kioskd.yaml");
  const config = {
    kiosk: { id: "k-1", name: "Kiosk", currency: "SEK" },
    journal: { path: "journal.db" },
    payment: { provider: "seqr", seqr: { endpoint: "http://127.0.0.1:1/" } },
    display: { driver: "web", listen: "127.0.0.1:0", required: false },
    positions: [
      position("vend", "credit", { driver: "mdb", prices: { 1: "12.00" } }),
      position("pump", "L", { driver: "dart", address: 80 }),
    ],
  };
  writeFileSync(file, stringify(config));
  const failure = await outputsOff({ config: file }).catch((error: unknown) => String(error));
  expect(failure).toContain("Something may still flow:");
  expect(failure).toMatch(/position vend: .*meter-vend\.register is no register/);
  expect(failure).toMatch(/position pump: /);
});
