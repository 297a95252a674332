import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import { openJournal, openJournalBeside } from "../../src/platform/journal/sqlite/journal.ts";
import { knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn, type Result } from "../support/kioskd.ts";
import { HAPPY, PAID, T0_MS } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

const NOBODY = "http://127.0.0.1:1/soap";

function kiosk() {
  const folder = tempFolder();
  const config = writeConfig(folder, { endpoint: NOBODY });
  const path = join(folder, "journal.db");
  const kioskd = kioskdOn(config);
  const sell = async (saleId: string, news: Partial<SaleRecord>): Promise<void> => {
    const journal = openJournal({ path });
    for (const event of HAPPY) {
      const isLast = event === HAPPY.at(-1);
      await journal.append("1", { ...event, saleId } as SaleEvent, isLast ? { ...PAID, ...news, saleId } : null);
    }
    await journal.close();
  };
  return { config, path, kioskd, sell };
}

const LOST: Partial<SaleRecord> = { outcome: "needs-attention", reason: "deadline" };

describe("what waits for a person, on the command line", SIDE_BY_SIDE, () => {
  it("is listed without a daemon, and acknowledged by its name with a note", async () => {
    const { path, kioskd, sell } = kiosk();
    await sell("sale-a", LOST);
    await sell("sale-b", { ...LOST, loss: "2.00" });
    const list = await kioskd("faults", "list");
    expect(list).toMatchObject({ status: 0, err: "" });
    expect(list.out).toMatch(/position 1 {2}needs-attention\n {2}sale sale-a: deadline\n/);
    expect(list.out).toMatch(/position 1 {2}overrun\n {2}sale sale-b: 2.00 SEK\n/);
    expect(list.out).toContain("kioskd faults acknowledge");

    const acknowledge = (...args: string[]): Promise<Result> => kioskd("faults", "acknowledge", ...args);
    const refusals: [string[], number, RegExp][] = [
      [["needs-attention", "--note", "?"], 1, /2 sales are open, so say which one, or "all": sale-a, sale-b/],
      [["needs-attention", "--note", "?", "--sale", "sale-c"], 1, /"sale-c"/],
      [["needs-attention", "--note", " ", "--sale", "all"], 2, /--note/],
      [["dispenser-fault", "--note", "?"], 2, /cannot be acknowledged: it goes when its cause is gone/],
      [["nonsense", "--note", "?"], 2, /There is no fault "nonsense"/],
    ];
    for (const [args, status, message] of refusals) {
      const refused = await acknowledge(...args);
      expect([args, refused.status]).toEqual([args, status]);
      expect(refused.err).toMatch(message);
    }
    const done = await acknowledge("needs-attention", "--sale", "sale-a", "--note", "paid in cash");
    expect(done).toMatchObject({ status: 0, err: "" });
    expect(done.out).toMatch(/^Acknowledged by \S+, position 1: sale sale-a: deadline$/m);
    const left = JSON.parse((await kioskd("faults", "list", "--json")).out) as { code: string; saleId: string }[];
    expect(
      left.map(({ code, saleId }) => `${code} ${saleId}`).toSorted((one, other) => one.localeCompare(other)),
    ).toEqual(["needs-attention sale-b", "overrun sale-b"]);
    const journal = openJournalBeside({ path });
    expect(await journal.notes("matters", "unresolved sale-a")).toMatchObject([
      { type: "arose" },
      { type: "acknowledged", note: "paid in cash", by: expect.any(String) },
    ]);
    await journal.close();
  });

  it("is shown by a running daemon over a restart, and gone soon after it was acknowledged beside it", async () => {
    const { config, kioskd, sell } = kiosk();
    await sell("sale-a", LOST);
    const codes = async (daemon: DaemonProcess): Promise<readonly string[]> => {
      const answer = await fetch(`${await daemon.serving()}/api/state`);
      const { positions } = (await answer.json()) as { positions: [{ faults: { code: string }[] }] };
      return positions[0].faults.map(({ code }) => code);
    };
    for (let start = 0; start < 2; start++) {
      const daemon = new DaemonProcess(config);
      await eventually("it is shown", async () => (await codes(daemon)).includes("needs-attention"));
      if (start === 1) {
        expect(await kioskd("faults", "acknowledge", "needs-attention", "--note", "seen")).toMatchObject({ status: 0 });
        await eventually("it is gone", async () => !(await codes(daemon)).includes("needs-attention"), 30_000);
      }
      await daemon.kill("SIGKILL");
    }
  });

  it("is the differences in the books, of every night, until each is settled", async () => {
    const { path, kioskd, sell } = kiosk();
    await sell("sale-a", {});
    const journal = openJournal({ path });
    const nothing = { missingThere: [], differing: [], carried: [] };
    for (const [night, references] of [
      ["p1", ["ERS-1", "ERS-2"]],
      ["p2", []],
    ] as const) {
      const missingHere = references.map((paymentReference) => {
        return { paymentReference, saleId: null, oursMinor: null, theirsMinor: 8_933 };
      });
      await journal.note("reconciliations", "1", () => ({
        ...{ type: "compared", position: "1", atMs: T0_MS, periodId: night, throughSale: 1, throughRefund: 0 },
        ...{ matched: 0, gap: false, ...nothing, missingHere },
      }));
    }
    await journal.close();
    const shown = await kioskd("reconcile", "--show");
    expect(shown.status).toBe(1);
    expect(shown.out).toMatch(/missing here +ERS-1 +- +- +89\.33/);
    expect((await kioskd("faults", "list")).out).toContain("payment ERS-1: none here, 89.33 SEK there (missing-here)");
    expect(await kioskd("reconcile", "--settle", "ERS-1")).toMatchObject({ status: 2 });
    expect((await kioskd("reconcile", "--settle", "ERS-9", "--note", "?")).err).toContain("ERS-9");
    const settled = await kioskd("reconcile", "--settle", "ERS-1", "--note", "a test of the service's");
    expect(settled).toMatchObject({ status: 0, err: "" });
    expect((await kioskd("reconcile", "--show")).out).not.toContain("ERS-1");
    expect((await kioskd("faults", "acknowledge", "books-differ", "--note", "seen")).out).toContain("1 difference(s)");
    expect(await kioskd("reconcile", "--show")).toMatchObject({ status: 0, err: "" });
  });
});

describe("the status of a kiosk", SIDE_BY_SIDE, () => {
  it("says in 80 columns what sells at what price since when, what is blocked and what waits", async () => {
    const { path, kioskd, sell } = kiosk();
    await sell("sale-a", LOST);
    const reason = "nozzle leaks, the fitter comes on Tuesday before noon and brings the part with him";
    const journal = openJournal({ path });
    const at = { position: "1", atMs: T0_MS };
    await journal.note("orders", "1", () => ({ ...at, type: "blocked", reason }));
    await journal.note("orders", "1", () => ({ ...at, type: "priced", unitPrice: "20.49", configured: "19.89" }));
    await journal.close();
    const { status, out, err } = await kioskd("status");
    expect([status, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Position 1, Diesel$/m);
    expect(out).toMatch(/^ {2}price {5}20\.49 SEK\/L, ordered .* UTC, configured is 19\.89$/m);
    expect(out).toMatch(/^ {2}last sale paid, .* SEK,/m);
    expect(out).toMatch(/^ {2}blocked {3}since .* UTC: nozzle leaks/m);
    expect(out).toMatch(/^ {2}waiting {3}1 needs-attention$/m);
    expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(JSON.parse((await kioskd("status", "--json")).out)).toMatchObject({
      kiosk: "test-1",
      block: null,
      positions: [{ price: { unitPrice: "20.49" }, block: { reason }, waiting: [{ saleId: "sale-a" }] }],
    });
    expect((await kioskd("check-config")).out).toMatch(/20\.49 SEK\/L[\s\S]*Position 1: ordered .* UTC/);
  });

  it("says when an ordered price cannot be sold at any more", async () => {
    const { path, kioskd, sell } = kiosk();
    await sell("sale-a", {});
    const journal = openJournal({ path });
    const order = { position: "1", atMs: T0_MS, type: "priced", unitPrice: "99.00", configured: "19.89" } as const;
    await journal.note("orders", "1", () => order);
    await journal.close();
    expect((await kioskd("check-config")).out).toMatch(/19\.89 SEK\/L[\s\S]*99\.00, ordered .* cannot be sold\sat/);
    expect((await kioskd("status")).out).toMatch(/price {5}19\.89 SEK\/L, as configured; 99\.00/);
  });
});
