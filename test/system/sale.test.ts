import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { codeIsDrawn, hasChromium, hasZbarimg, launchBrowser, scan } from "../support/browser.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

interface Scene {
  readonly seqr: SeqrSimulator;
  readonly daemon: DaemonProcess;
  readonly journal: string;
}

async function scene(quantity = "2.000", rate = "1200"): Promise<Scene> {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  atEnd(() => seqr.close());
  const folder = tempFolder();
  const daemon = new DaemonProcess(writeConfig(folder, { endpoint: seqr.endpoint, quantity, rate }));
  await daemon.until("the kiosk is ready", ({ available }) => available);
  return { seqr, daemon, journal: join(folder, "journal.db") };
}

async function phone({ seqr }: Scene, action: "confirm" | "decline", qr: string | null): Promise<number> {
  const answer = await fetch(new URL(`/phone/api/${action}`, seqr.phoneUrl), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ invoiceReference: /\d+$/.exec(qr ?? "")?.[0] }),
  });
  return answer.status;
}

async function faults({ seqr }: Scene, op: string, mode: string, count = 1): Promise<void> {
  const answer = await fetch(new URL("/faults", seqr.phoneUrl), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ op, mode, count }),
  });
  expect(answer.status).toBe(200);
}

async function closed(stage: Scene, previous: string | null = null): Promise<Record<string, unknown>> {
  const view = await stage.daemon.until(
    "it is closed",
    ({ state, saleId }) => state === "closed" && saleId !== previous,
  );
  const history = openHistory(stage.journal);
  const found = history.sale(view.saleId ?? "");
  history.close();
  return { ...found?.sale };
}

function bills({ seqr }: Scene) {
  return seqr.book.bills(Date.now());
}

describe("a sale over real HTTP", SIDE_BY_SIDE, () => {
  it("reserves, meters and commits what was dispensed; the rest is free", async () => {
    const stage = await scene();
    expect(await stage.daemon.post("select", { reserve: "300.00" })).toBe(202);
    expect(await stage.daemon.post("select", { reserve: "300.00" })).toBe(409);
    const { qr } = await stage.daemon.until("a code is shown", (view) => view.qr !== null);
    expect(qr).toBe(`HTTP://SEQR.SE/R${bills(stage)[0]?.reference}`);
    expect(await phone(stage, "confirm", qr)).toBe(200);
    expect(await closed(stage)).toMatchObject({
      outcome: "paid",
      quantity: "2.000",
      reserved: "300.00",
      charged: "39.78",
      freed: "260.22",
      reference: bills(stage)[0]?.ersReference,
    });
    expect(bills(stage)).toMatchObject([{ status: "PAID", committedMinor: 3978, commits: 1, heldMinor: 0 }]);
  });

  it("stops at the reservation when the customer would take more", async () => {
    const stage = await scene("50.000", "3000");
    await stage.daemon.post("select", { reserve: "100.00" });
    const { qr } = await stage.daemon.until("a code is shown", (view) => view.qr !== null);
    await phone(stage, "confirm", qr);
    const record = await closed(stage);
    expect(record).toMatchObject({ outcome: "paid", loss: "0.00" });
    expect(bills(stage)[0]?.chargedMinor).toBeGreaterThan(9_990);
    expect(bills(stage)[0]?.chargedMinor).toBeLessThanOrEqual(10_000);
  });

  it("is stopped by the customer and charges what had flowed", async () => {
    const stage = await scene("50.000", "60");
    await stage.daemon.post("select", { reserve: "300.00" });
    const { qr } = await stage.daemon.until("a code is shown", (view) => view.qr !== null);
    expect(await stage.daemon.post("stop")).toBe(409);
    await phone(stage, "confirm", qr);
    await stage.daemon.until("something flows", ({ quantity }) => Number(quantity) > 0.2);
    expect(await stage.daemon.post("stop")).toBe(202);
    const record = await closed(stage);
    expect(record["outcome"]).toBe("paid");
    expect(Number(record["quantity"])).toBeLessThan(2);
    expect(bills(stage)[0]?.chargedMinor).toBe(Math.round(Number(record["charged"]) * 100));
  });

  it("ends without a charge when the customer declines, or cancels, and the next one is served", async () => {
    const stage = await scene();
    await stage.daemon.post("select", { reserve: "100.00" });
    const first = await stage.daemon.until("a code is shown", (view) => view.qr !== null);
    await phone(stage, "decline", first.qr);
    expect(await closed(stage)).toMatchObject({ outcome: "released", reason: "payment-canceled", charged: "0.00" });
    await stage.daemon.post("select", { reserve: "100.00" });
    const second = await stage.daemon.until("another code is shown", (view) => view.qr !== null);
    expect(await stage.daemon.post("cancel")).toBe(202);
    expect(await closed(stage, first.saleId)).toMatchObject({ saleId: second.saleId, reason: "customer" });
    expect(bills(stage).map(({ status }) => status)).toEqual(["CANCELED", "CANCELED"]);
  });
});

describe("a payment service that misbehaves", SIDE_BY_SIDE, () => {
  const MODES = ["drop-request", "drop-response", "soap-fault", "html", "truncate", "result-code"];
  const steps = ["sendInvoice", "getPaymentStatus", "updateInvoice", "commitReservation"];
  it.each(sample("sale under faults", MODES, 3))(
    "with %s at every step still takes the money exactly once",
    async (mode) => {
      const stage = await scene();
      for (const step of steps) await faults(stage, step, mode);
      await stage.daemon.post("select", { reserve: "100.00" });
      const { qr } = await stage.daemon.until("a code is shown", (view) => view.qr !== null);
      await faults(stage, "getPaymentStatus", mode);
      await phone(stage, "confirm", qr);
      expect(await closed(stage)).toMatchObject({ outcome: "paid", charged: "39.78" });
      const paid = bills(stage).filter(({ status }) => status === "PAID");
      expect(paid).toMatchObject([{ chargedMinor: 3978, commits: 1 }]);
      expect(bills(stage).filter(({ status }) => status !== "PAID" && status !== "CANCELED")).toEqual([]);
    },
  );

  it("that never heard of the terminal takes the kiosk out of service, and says why", async () => {
    const stage = await scene();
    stage.seqr.book.accounts.unregister("demo-terminal");
    expect(await stage.daemon.post("select", { reserve: "100.00" })).toBe(202);
    const view = await stage.daemon.until(
      "it is out of service",
      ({ state, available }) => state === "closed" && !available,
    );
    expect(view.qr).toBeNull();
    const health = await fetch(`${await stage.daemon.serving()}/health`);
    expect(health.status).toBe(503);
    expect(JSON.stringify(await health.json())).toContain("payment-rejected");
    expect(stage.daemon.log.join("\n")).not.toContain("12345678");
  });
});

const isWhole = [hasChromium(), hasZbarimg()].every((isHere) => isHere);

describe.skipIf(!isWhole)("a customer at the display", () => {
  let browser: Browser;
  const pictures = mkdtempSync(join(tmpdir(), "kioskd-sale-"));
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(pictures, { recursive: true, force: true });
  });

  it("scans the very code that the service gave, and is thanked", async () => {
    const stage = await scene("2.000", "60");
    const page = await browser.newPage({ viewport: { width: 800, height: 480 } });
    await page.goto(await stage.daemon.serving());
    await page.click('button[data-reserve="300.00"]');
    await codeIsDrawn(page);
    const picture = join(pictures, "scan.png");
    await page.screenshot({ path: picture });
    const text = scan(picture);
    expect(text).toBe(`HTTP://SEQR.SE/R${bills(stage)[0]?.reference}`);
    expect(await phone(stage, "confirm", text)).toBe(200);
    await page.waitForSelector("body[data-screen=live]");
    await page.waitForSelector("body[data-screen=paid]");
    const thanks = (await page.textContent("body[data-screen=paid]"))?.replace(/\s/g, " ");
    for (const amount of ["300,00", "39,78", "260,22"]) expect(thanks).toContain(amount);
    await page.close();
  });
});

describe("a wrong configuration", () => {
  it("ends the daemon with 1 and touches nothing", async () => {
    const folder = tempFolder();
    const config = writeConfig(folder, { endpoint: "http://127.0.0.1:1/soap", quantity: "plenty" });
    const daemon = new DaemonProcess(config);
    await eventually("it ends", () => daemon.ended);
    expect(daemon.child.exitCode).toBe(1);
    expect(daemon.log.join("\n")).toMatch(
      /kioskd\.yaml:\d+: positions\[0\]\.dispenser\.quantity: found "plenty", expected a decimal/,
    );
    expect(() => readFileSync(join(folder, "journal.db"))).toThrow(/ENOENT/);
  });
});
