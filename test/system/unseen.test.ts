import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import { visible, visibleJson, visibleLine } from "../../src/core/visible.ts";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { told, wrapped } from "../../src/platform/console/print.ts";
import { table } from "../../src/platform/console/table.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { createLog } from "../../src/platform/log/log.ts";
import { writeConfig } from "../support/config.ts";
import { kioskdOn, MAIN, type Result } from "../support/kioskd.ts";
import { HAPPY, PAID, T0_MS } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

/** A title set, a screen cleared, a colour, a direction turned, characters without width, half a character, a line forged. */
const NASTY = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u007f\u202e\u200b\u2066\ufeff\u{e0041}\ud800\rX\nOutcome: forged";
/** No half character can be stored. */
const STORED = NASTY.replace("\ud800", "");
const FORBIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe("what nobody would see", () => {
  it.each([
    ["\u001b[31m", "\\u{1b}[31m"],
    ["\u009b31m", "\\u{9b}31m"],
    ["\u007f", "\\u{7f}"],
    ["abc\u202edef\u2066", "abc\\u{202e}def\\u{2066}"],
    ["a\u200bb\u200dc\ufeff", "a\\u{200b}b\\u{200d}c\\u{feff}"],
    ["\ud800!", "\\u{d800}!"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\u2028", "\\u{2028}"],
    ["\r\t", "\\u{d}\\u{9}"],
    ["one\ntwo", "one\ntwo"],
    ["Äpple, 1 €, \u{1f34e} 日本\u3000店", "Äpple, 1 €, \u{1f34e} 日本\u3000店"],
    ["a\u00a0b\u202fc\u2009d\u2800e", "a\\u{a0}b\\u{202f}c\\u{2009}d\\u{2800}e"],
  ])("%j stands there as %j", (text, expected) => {
    expect(visible(text)).toBe(expected);
    expect(visible(visible(text))).toBe(expected);
  });

  it("breaks no line where one is meant", () => {
    expect(visibleLine("one\ntwo")).toBe("one\\u{a}two");
    expect(wrapped("one\ntwo")).toBe("one\\u{a}two");
    expect(table(["A", "B"], [["one\ntwo", "x"]])).toContain("one\\u{a}two");
    expect(told`${"one\ntwo"}\n${2}`).toBe("one\\u{a}two\n2");
  });

  it("means the same in JSON", () => {
    const json = visibleJson(JSON.stringify({ [NASTY]: NASTY }));
    expect(json).not.toMatch(FORBIDDEN);
    expect(JSON.parse(json)).toEqual({ [NASTY]: NASTY });
  });

  it("stands in no line of the log", () => {
    const lines: string[] = [];
    const log = createLog({ level: "info", secrets: [], write: (line) => void lines.push(line) });
    log.info({ [NASTY]: NASTY, error: new Error(NASTY) }, NASTY);
    expect(lines[0]?.trimEnd()).not.toMatch(FORBIDDEN);
    expect(lines[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ [NASTY]: NASTY, msg: NASTY });
  });
});

/** A kiosk with one paid sale and one for a person, in which every text is of the worst kind. */
async function spoiltKiosk(): Promise<{ readonly config: string; kioskd(...args: string[]): Promise<Result> }> {
  const folder = tempFolder();
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs: 100 });
  onTestFinished(() => seqr.close());
  const file = writeConfig(folder, { endpoint: seqr.endpoint });
  const journal = openJournal({ path: join(folder, "journal.db") });
  const sell = async (saleId: string, news: Partial<SaleRecord>): Promise<void> => {
    for (const event of HAPPY) {
      const isLast = event === HAPPY.at(-1);
      const spoilt = JSON.parse(JSON.stringify(event), (key, value) =>
        ["productName", "qrText", "sku"].includes(key)
          ? STORED
          : key === "paymentReference"
            ? `${saleId}-${STORED}`
            : value,
      );
      if (spoilt.reference !== undefined) spoilt.reference = `${saleId}-${STORED}`;
      const record = isLast ? { ...PAID, product: STORED, reference: STORED, ...news, saleId } : null;
      await journal.append("1", { ...spoilt, saleId } as SaleEvent, record);
    }
  };
  await sell("sale-a", {});
  await sell("sale-b", { outcome: "needs-attention", reason: "deadline", loss: "2.00" });
  const refund = { refundId: "r-1", saleId: "sale-a", position: "1", atMs: T0_MS, amountMinor: 100, currency: "SEK" };
  const made = { type: "made", paymentReference: `sale-a-${STORED}`, reference: STORED } as const;
  await journal.note("refunds", "sale-a", () => ({ ...refund, ...made }));
  await journal.note("receiptRefusals", "sale-a", () => ({ saleId: "sale-a", atMs: T0_MS, detail: STORED }));
  await journal.note("reconciliations", "1", () => ({ position: "1", atMs: T0_MS, type: "failed", detail: STORED }));
  await journal.close();
  return { config: file, kioskd: kioskdOn(file) };
}

describe("a journal full of texts that would order a terminal about", () => {
  it("orders none about, by whatever command it is looked at", { timeout: 300_000 }, async () => {
    const { config, kioskd } = await spoiltKiosk();
    const commands = [
      ["sales", "list"],
      ["sales", "list", "--json"],
      ["sales", "show", "sale-a"],
      ["sales", "show", "sale-b"],
      ["sales", "show", "sale-a", "--json"],
      ["sales", "show", "\u009b31m\u202e"],
      ["faults", "list"],
      ["faults", "list", "--json"],
      ["faults", "acknowledge", "needs-attention", "--sale", "sale-b", "--note", `looked ${STORED}`],
      ["status"],
      ["status", "--json"],
      ["reconcile", "--show"],
      ["reconcile", "--show", "--json"],
      ["reconcile"],
      ["reconcile", "--show"],
      ["refund", "sale-b", "--amount", "1.00"],
      ["terminal", "show"],
      ["terminal", "show", "--json"],
      ["journal", "verify"],
      ["journal", "verify", "--json"],
      ["journal", "accept", "--note", "none", "--yes"],
      ["check-config"],
      ["check-config", "--json"],
      ["terminal", "assign", "--position", "1", "--seqr-id", "\u009b1"],
      ["\u009b31m"],
    ];
    for (const command of commands) {
      const { out, err } = await kioskd(...command);
      expect([command, err]).toEqual([command, expect.not.stringContaining("kioskd.yaml:")]);
      expect([command, FORBIDDEN.exec(out)?.[0], FORBIDDEN.exec(err)?.[0]]).toEqual([command, undefined, undefined]);
      expect([command, /^ *Outcome: forged/m.exec(out + err)?.input]).toEqual([command, undefined]);
    }
    const extract = `${MAIN} journal extract sale-a --config ${config}`;
    const shown = spawnSync("script", ["--quiet", "--return", "--command", extract, "/dev/null"], { encoding: "utf8" });
    expect(FORBIDDEN.exec(shown.stdout.replaceAll("\r\n", "\n"))?.[0]).toBe(undefined);
    expect(shown.stdout).toContain("\\u{9b}31m");
    expect((await kioskd("sales", "show", "sale-a")).out).toContain("\\u{9b}31m");
  });
});
