import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { startSimulator as startStripe } from "../../src/payments/stripe/demo.ts";
import { knowEachTest } from "../support/at-end.ts";
import { DaemonProcess } from "../support/daemon.ts";
import { kioskdOn } from "../support/kioskd.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

/** 0.010 L at 19.89: 0.20 EUR, and the service takes nothing below 0.50. */
it("what is worth less than the payment service takes is given away: nothing is charged, nothing is held, nobody is called", async () => {
  const folder = tempFolder();
  const stripe = await startStripe({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => stripe.close());
  const { section } = stripe.configuration((name, value) => {
    writeFileSync(join(folder, name), value, { mode: 0o600 });
    return name;
  });
  const product = { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 };
  const config = join(folder, "kioskd.yaml");
  writeFileSync(
    config,
    stringify({
      kiosk: { id: "demo-1", name: "Demo station", currency: stripe.currency, locales: ["en"], timezone: "Etc/UTC" },
      journal: { path: "journal.db" },
      payment: { provider: "stripe", stripe: section },
      positions: [{ id: "1", product, reserve: ["20.00"], dispenser: { driver: "simulated", quantity: "0.010" } }],
      display: { driver: "web", listen: "127.0.0.1:0", required: false },
    }),
  );
  const daemon = new DaemonProcess(config);
  await daemon.until("it sells", ({ state, available }) => state === "idle" && available);
  expect(await daemon.post("select", { reserve: "20.00", unitPrice: "19.89" })).toBe(202);
  const { qr } = await daemon.until("the code is there", (view) => view.qr !== null);
  await stripe.confirm(qr ?? "");
  const closed = await daemon.until("the sale is closed", ({ state }) => state === "closed");
  expect(closed).toMatchObject({ quantity: "0.010", charged: "0.00" });
  expect(await stripe.booked(qr ?? "")).toMatchObject({
    isPaid: false,
    commits: 0,
    committedMinor: 0,
    status: "canceled",
  });
  await daemon.kill("SIGTERM");
  const kioskd = kioskdOn(config);
  const shown = JSON.parse((await kioskd("sales", "show", closed.saleId ?? "", "--json")).out) as { sale: object };
  expect(shown.sale).toMatchObject({
    outcome: "released",
    charged: "0.00",
    freed: "20.00",
    loss: "0.20",
    waived: "0.20",
  });
  expect((await kioskd("faults", "list")).out).not.toMatch(/overrun|needs-attention/);
});
