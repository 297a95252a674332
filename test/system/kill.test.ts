import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { priceMinor } from "../../src/core/tariff.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { DIESEL } from "../support/sale-fixtures.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

interface Scene {
  readonly seqr: SeqrSimulator;
  readonly folder: string;
  readonly config: string;
}

async function scene(quantity = "2.000", rate = "1200"): Promise<Scene> {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  atEnd(() => seqr.close());
  const folder = tempFolder();
  return { seqr, folder, config: writeConfig(folder, { endpoint: seqr.endpoint, quantity, rate }) };
}

/** Plays a customer until the sale is closed or the daemon dies under them. */
async function customer({ seqr }: Scene, daemon: DaemonProcess, cancels = false): Promise<void> {
  const dead = (): boolean => daemon.ended;
  const view = async (): Promise<{ state: string; available: boolean } | null> => await daemon.view().catch(() => null);
  await eventually("the kiosk is ready", async () => dead() || (await view())?.available === true);
  await daemon.post("select", { reserve: "100.00" }).catch(() => 0);
  const offered = (): string | undefined =>
    seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED")?.reference;
  await eventually("the offer is open", () => dead() || offered() !== undefined);
  if (cancels) {
    await eventually("a code is shown", async () => dead() || (await view())?.state === "offered");
    await daemon.post("cancel").catch(() => 0);
  } else {
    seqr.book.confirm(Date.now(), offered() ?? "");
  }
  await eventually("the sale is closed", async () => dead() || (await view())?.state === "closed");
}

function register({ folder }: Scene): number {
  return Number(readFileSync(join(folder, "simulated-1.register"), "utf8") || "0");
}

/** Restarts after a kill and waits until nothing is open; then the books must balance. */
async function recovered(stage: Scene, sales: number): Promise<void> {
  const daemon = new DaemonProcess(stage.config);
  await daemon.until("all is closed", ({ available }) => available);
  await eventually("the service answers for all", () => held(stage) === 0);
  const chargedMinor = stage.seqr.book.chargedMinor(Date.now());
  expect(chargedMinor).toBe(priceMinor(DIESEL, register(stage)));
  for (const bill of stage.seqr.book.bills(Date.now())) {
    expect(["PAID", "CANCELED"]).toContain(bill.status);
    expect(bill.commits).toBe(bill.status === "PAID" ? 1 : 0);
  }
  await daemon.kill("SIGTERM");
  const journal = openHistory(join(stage.folder, "journal.db"));
  const records = journal.latest(10, null);
  journal.close();
  expect(records).toHaveLength(sales);
  expect(records.reduce((sum, { charged }) => sum + Number(charged.replace(".", "")), 0)).toBe(chargedMinor);
  for (const { outcome } of records) expect(outcome).not.toBe("needs-attention");
}

function held({ seqr }: Scene): number {
  return seqr.book.bills(Date.now()).filter(({ status }) => status === "ISSUED" || status === "RESERVED").length;
}

/** Of a sale that is paid: the append at which it dies, what the sale is by then, and how many sales there are in the end. */
const PAID = [
  ["before", 1, "idle", 0],
  ["after", 1, "offering", 1],
  ["before", 2, "offering, the offer is out", 1],
  ["after", 2, "offered", 1],
  ["before", 3, "offered, the customer has confirmed", 1],
  ["after", 3, "reserved", 1],
  ["before", 4, "reserved, the meter is read", 1],
  ["after", 4, "dispensing, not armed yet", 1],
  ["before", 5, "dispensing, all has flowed", 1],
  ["after", 5, "settling", 1],
  ["before", 6, "settling, the money is taken", 1],
  ["after", 6, "closed", 1],
] as const;

const CANCELLED = [
  ["before", 3, "offered, a cancel was pressed"],
  ["after", 3, "releasing"],
  ["before", 4, "releasing, the bill is cancelled"],
] as const;

describe("the daemon, killed", SIDE_BY_SIDE, () => {
  it.each(sample("kills", PAID, 4))(
    "%s append %i (%s) resolves once, for what had flowed",
    async (moment, count, _phase, sales) => {
      const stage = await scene();
      const daemon = new DaemonProcess(stage.config, { KIOSKD_FAILPOINT: `${moment}:${count}` });
      await customer(stage, daemon);
      await daemon.end();
      await recovered(stage, sales);
      if (count > 4) expect(register(stage)).toBe(2_000);
    },
  );

  it.each(sample("kills of a cancelled sale", CANCELLED, 1))(
    "%s append %i (%s) charges nothing",
    async (moment, count, _phase) => {
      const stage = await scene();
      const daemon = new DaemonProcess(stage.config, { KIOSKD_FAILPOINT: `${moment}:${count}` });
      await customer(stage, daemon, true);
      await daemon.end();
      await recovered(stage, 1);
      expect(stage.seqr.book.chargedMinor(Date.now())).toBe(0);
    },
  );

  it("in the middle of a delivery charges what had flowed by then, and delivers no more", async () => {
    const stage = await scene("5.000", "60");
    const daemon = new DaemonProcess(stage.config);
    const done = customer(stage, daemon).catch(() => undefined);
    await daemon.until("something flows", ({ quantity }) => Number(quantity) > 1);
    await daemon.kill("SIGKILL");
    await done;
    const flowed = register(stage);
    expect(flowed).toBeGreaterThan(1_000);
    expect(flowed).toBeLessThan(5_000);
    await recovered(stage, 1);
    expect(register(stage)).toBe(flowed);
  });

  it("once more while it recovers still resolves once", async () => {
    const stage = await scene();
    const daemon = new DaemonProcess(stage.config, { KIOSKD_FAILPOINT: "after:4" });
    await customer(stage, daemon);
    for (const failpoint of ["before:1", "after:1", "before:1"]) {
      await new DaemonProcess(stage.config, { KIOSKD_FAILPOINT: failpoint }).end();
    }
    await recovered(stage, 1);
  });
});

describe("the daemon, told to end", SIDE_BY_SIDE, () => {
  it("in the middle of a delivery stops it, settles it, and goes in order", async () => {
    const stage = await scene("5.000", "60");
    const daemon = new DaemonProcess(stage.config);
    const done = customer(stage, daemon).catch(() => undefined);
    await daemon.until("something flows", ({ quantity }) => Number(quantity) > 0.5);
    await daemon.kill("SIGTERM");
    await done;
    expect(daemon.child.exitCode).toBe(0);
    const flowed = register(stage);
    expect(flowed).toBeLessThan(5_000);
    expect(stage.seqr.book.chargedMinor(Date.now())).toBe(priceMinor(DIESEL, flowed));
  });
});
