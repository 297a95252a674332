import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { RefundEvent } from "../../src/core/refund.ts";
import { needs } from "../support/components.ts";
import { hasMosquitto, type Mosquitto, mosquitto } from "../support/mosquitto.ts";
import { hasPostgres, type Postgres, postgres } from "../support/postgres.ts";
import { runs } from "../support/sample.ts";
import { startKiosk } from "../telemetry/mqtt/rig.ts";
import { entryOf, settingsFor } from "../telemetry/mqtt/samples.ts";

const FOLDER = join(import.meta.dirname, "../../docs/monitoring/collector");
const COLLECTOR = join(FOLDER, "kioskd-collector");
const SALES = runs(24, 300);
const PATIENCE = { timeout: 60_000, interval: 50 };

function hasAll(): boolean {
  const packages = "/usr/lib/python3/dist-packages";
  return [
    needs("python3-paho-mqtt", `${packages}/paho/mqtt/client.py`),
    needs("python3-psycopg2", `${packages}/psycopg2/__init__.py`),
    hasMosquitto(),
    hasPostgres(),
  ].every((isHere) => isHere);
}

describe.skipIf(!hasAll())("the collector", () => {
  let database: Postgres;
  let broker: Mosquitto;

  beforeAll(async () => {
    [database, broker] = await Promise.all([postgres(), mosquitto()]);
    await database.apply(join(FOLDER, "schema.sql"));
    await broker.start();
  });

  afterAll(async () => {
    await broker.close();
    await database.close();
  });

  function collector(name: string, group: string): ChildProcess {
    const child = spawn("/usr/bin/python3", [COLLECTOR], {
      env: {
        KIOSKD_BROKER: broker.url,
        KIOSKD_DATABASE: database.database,
        KIOSKD_COLLECTOR: `${group}-${name}`,
        KIOSKD_GROUP: group,
        PYTHONUNBUFFERED: "1",
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  async function kiosk(kioskId: string) {
    const identity = { kioskId, device: kioskId, clientId: `kioskd-${kioskId}` };
    const started = startKiosk({
      ...settingsFor(broker.url),
      ...identity,
      applicationAck: true,
      deliverTimeoutMs: 1_500,
    });
    onTestFinished(() => started.telemetry.close());
    await started.connected();
    return started.telemetry;
  }

  const count = async (from: string): Promise<number> =>
    Number((await database.query(`SELECT count(*) FROM ${from}`))[0]?.[0]);

  it("two share the work, are killed again and again, and every sale is booked once", async () => {
    const telemetry = await kiosk("pump-1");
    const running = [collector("a", "one"), collector("b", "one")];
    for (let seq = 1; seq <= SALES; seq++) {
      // Right behind a record that is under way, so that some die with it in their hands.
      const delivered = telemetry.deliver("sales", entryOf(seq));
      if (seq % 8 === 5) {
        const at = seq % 2;
        running[at]?.kill("SIGKILL");
        running[at] = collector(at === 0 ? "a" : "b", "one");
      }
      if (!(await delivered)) seq--;
    }
    const booked = await database.query(
      "SELECT seq FROM record WHERE kiosk = 'pump-1' AND stream = 'sales' ORDER BY seq",
    );
    expect(booked.flat().map(Number)).toEqual(Array.from({ length: SALES }, (_, at) => at + 1));
    const [sums] = await database.query("SELECT count(*), sum(charged) FROM sale WHERE kiosk = 'pump-1'");
    expect(sums).toEqual([String(SALES), (99.45 * SALES).toFixed(2)]);
    expect(await count("gap")).toBe(0);
    expect(await count("conflict")).toBe(0);
  });

  it("what comes again is booked once; with another content it is kept beside, for a person", async () => {
    const telemetry = await kiosk("pump-2");
    collector("a", "two");
    const { seq, body } = entryOf(3);
    await vi.waitFor(async () => expect(await telemetry.deliver("sales", { seq, body })).toBe(true), PATIENCE);
    expect(await telemetry.deliver("sales", { seq, body })).toBe(true);
    expect(await count("conflict WHERE kiosk = 'pump-2'")).toBe(0);
    expect(await telemetry.deliver("sales", { seq, body: { ...body, charged: "1.00" } })).toBe(true);
    expect(await database.query("SELECT seq, charged FROM sale WHERE kiosk = 'pump-2'")).toEqual([["3", "99.45"]]);
    expect(await count("conflict WHERE kiosk = 'pump-2' AND body ->> 'charged' = '1.00'")).toBe(1);
    expect(await database.query("SELECT first, last FROM gap WHERE kiosk = 'pump-2'")).toEqual([["1", "2"]]);
  });

  it("a sale that was amended counts as its last record has it, and a refund once", async () => {
    const telemetry = await kiosk("pump-3");
    collector("a", "three");
    const { body } = entryOf(1);
    const before = { ...body, outcome: "needs-attention", charged: "0.00" } as const;
    await vi.waitFor(
      async () => expect(await telemetry.deliver("sales", { seq: 1, body: before })).toBe(true),
      PATIENCE,
    );
    expect(await telemetry.deliver("sales", { seq: 2, body: { ...body, amends: true } })).toBe(true);
    const terms = { position: "1", paymentReference: "PAY-1", amountMinor: 500, currency: "SEK" };
    const made: RefundEvent = {
      refundId: "r1",
      saleId: "sale-1",
      atMs: Date.UTC(2026, 0, 2),
      type: "made",
      reference: "G",
      ...terms,
    };
    for (const seq of [1, 2]) expect(await telemetry.deliver("refunds", { seq, body: made })).toBe(true);
    await vi.waitFor(
      async () => expect(await count("record WHERE kiosk = 'pump-3' AND stream = 'refunds'")).toBe(2),
      PATIENCE,
    );
    expect(await database.query("SELECT outcome, charged FROM sale WHERE kiosk = 'pump-3'")).toEqual([
      ["paid", "99.45"],
    ]);
    expect(await database.query("SELECT amount_minor FROM refund WHERE kiosk = 'pump-3'")).toEqual([["500"]]);
    const returned: RefundEvent = { ...made, type: "returned", detail: "the account is closed" };
    expect(await telemetry.deliver("refunds", { seq: 3, body: returned })).toBe(true);
    await vi.waitFor(async () => expect(await count("refund WHERE kiosk = 'pump-3'")).toBe(0), PATIENCE);
  });

  it("each panel of the board asks what the tables answer", async () => {
    const board = JSON.parse(readFileSync(join(FOLDER, "grafana.json"), "utf8"));
    const queries: string[] = board.panels.map((panel: { targets: { rawSql: string }[] }) => panel.targets[0]?.rawSql);
    expect(queries.length).toBeGreaterThan(5);
    for (const query of queries) {
      const sql = query
        .replaceAll("$__timeFilter(closed)", "closed BETWEEN '2025-01-01' AND '2027-01-01'")
        .replaceAll("$kiosk", "'pump-1', 'pump-3'");
      expect(sql).not.toContain("$");
      await database.query(sql);
    }
  });
});
