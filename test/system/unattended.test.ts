import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { tempFolder } from "../support/temp.ts";

const SECRET = "a-long-shared-secret-0001";

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function stage(): Promise<{ seqr: SeqrSimulator; daemon: DaemonProcess; base: string }> {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => seqr.close());
  const folder = tempFolder();
  const file = writeConfig(folder, { endpoint: seqr.endpoint, quantity: "2.000", rate: "3000", pollInterval: "5s" });
  writeFileSync(join(folder, "secrets/unattended"), SECRET, { mode: 0o600 });
  const base = `http://127.0.0.1:${await freePort()}`;
  const config = parse(readFileSync(file, "utf8"));
  config.payment.seqr.unattended = {
    listen: new URL(base).host,
    merchantId: "4711",
    secretFile: "secrets/unattended",
    publicUrl: base,
  };
  writeFileSync(file, stringify(config));
  const daemon = new DaemonProcess(file);
  await daemon.until("the kiosk is ready", ({ available }) => available);
  return { seqr, daemon, base };
}

async function post(url: URL, body: object): Promise<{ status: number; answer: Record<string, string> }> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as { status: number; answer: Record<string, string> };
}

describe("a sale that a phone begins at the machine's printed code", () => {
  it("is offered, woken by the service's word, and charged like any other", async () => {
    const { seqr, daemon, base } = await stage();
    const scan = {
      createPurchaseUrl: `${base}/${SECRET}/createPurchase`,
      machineId: "1",
      amount: "250.00",
      currency: "SEK",
    };
    const asked = await post(new URL("/phone/api/scan-machine", seqr.phoneUrl), scan);
    const [bill] = seqr.book.bills(Date.now());
    expect(asked).toEqual({ status: 200, answer: { invoiceReferenceId: bill?.reference } });
    expect(bill).toMatchObject({ status: "ISSUED", totalMinor: 25_000 });

    const again = await post(new URL("/phone/api/scan-machine", seqr.phoneUrl), scan);
    expect(again).toEqual({ status: 200, answer: { errorCode: "DEVICE_IN_USE" } });

    const confirmedMs = performance.now();
    await post(new URL("/phone/api/confirm", seqr.phoneUrl), { invoiceReference: bill?.reference });
    await daemon.until("something flows", ({ state }) => state !== "offered");
    expect(performance.now() - confirmedMs, "polled every 5 s, but woken").toBeLessThan(4_000);
    await daemon.until("it is closed", ({ state }) => state === "closed");
    await eventually("it is paid", () => seqr.book.chargedMinor(Date.now()) === 3978);
    expect(daemon.log.join("\n")).not.toContain("46700000042");
    expect(daemon.log.join("\n")).not.toContain(SECRET);
  });

  it("is refused with the service's own words", async () => {
    const { seqr, base } = await stage();
    const url = new URL("/phone/api/scan-machine", seqr.phoneUrl);
    const scan = {
      createPurchaseUrl: `${base}/${SECRET}/createPurchase`,
      machineId: "1",
      amount: "250.00",
      currency: "SEK",
    };
    expect((await post(url, { ...scan, machineId: "9" })).answer).toEqual({ errorCode: "DEVICE_UNAVAILABLE" });
    expect((await post(url, { ...scan, amount: "1.00" })).answer).toEqual({ errorCode: "INSUFFICIENT_FUNDS" });
    expect((await post(url, { ...scan, currency: "EUR" })).answer).toEqual({ errorCode: "INVOICING_ERROR" });
    const wrong = { ...scan, createPurchaseUrl: `${base}/guess/createPurchase` };
    expect((await post(url, wrong)).status).toBe(404);
    expect(seqr.book.bills(Date.now())).toEqual([]);
  });
});
