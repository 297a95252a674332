import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { show } from "../../src/cli/sales.ts";
import type { RemainderEvent } from "../../src/core/remainder.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { extractSale } from "../../src/platform/journal/sqlite/extract/extract.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { writeConfig } from "../support/config.ts";
import { HAPPY, T0_MS } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

/** A sale at a service that has a name, and that held a part of the reservation when it had taken its own. */
const EVENTS = HAPPY.map((event): SaleEvent => {
  if (event.type === "selected") return { ...event, terms: { ...event.terms, provider: "swish-like" } };
  return event.type === "captured" ? { ...event, stillHeldMinor: 20_055 } : event;
});
const ID = HAPPY[0]?.saleId ?? "";
const REST = { saleId: ID, position: "1", atMs: T0_MS + 90_000 };
const ASKED: RemainderEvent = { ...REST, type: "asked", reference: "R1", attempt: 2 };

let out = "";
beforeEach(() => {
  out = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  onTestFinished(() => spy.mockRestore());
});

async function kiosk(...rest: readonly RemainderEvent[]): Promise<{ readonly config: string; readonly path: string }> {
  const folder = tempFolder();
  const path = join(folder, "journal.db");
  const journal = openJournal({ path });
  const record = saleRecord(replay(IDLE, EVENTS) as Closed);
  for (const event of EVENTS) await journal.append("1", event, event === EVENTS.at(-1) ? record : null);
  for (const event of rest) await journal.note("remainders", ID, () => event);
  await journal.close();
  return { config: writeConfig(folder, { endpoint: "http://127.0.0.1:1/soap" }), path };
}

it.each<[string, readonly RemainderEvent[], RegExp]>([
  ["nobody has asked for", [], /^Rest: still held, not asked for yet$/m],
  ["was asked for", [ASKED], /^Rest: still held, asked for since \S+, now by attempt 2$/m],
  ["is freed", [ASKED, { ...REST, type: "freed" }], /^Rest: freed 2\d{3}-/m],
  [
    "a person has",
    [ASKED, { ...REST, type: "handed-over", detail: "200.55 SEK are still held: the service said no five times" }],
    /^Rest: for a person since \S+: 200[.]55 SEK are\s+still\s+held:\s+the\s+service/m,
  ],
])("a sale shows its service, what that still held, and what became of it: a rest that %s", async (_, rest, text) => {
  const { config } = await kiosk(...rest);
  show(ID, { config });
  expect(out).toMatch(/^Still held when closed +200[.]55 SEK$/m);
  expect(out).toMatch(/^Payment service +swish-like$/m);
  expect(out).toMatch(text);
  for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  out = "";
  show(ID, { config, json: true });
  const shown = JSON.parse(out);
  expect(shown.sale).toMatchObject({ stillHeld: "200.55", provider: "swish-like" });
  expect(shown.remainders).toEqual(rest);
});

it("an extract for a dispute says them too", async () => {
  const { path } = await kiosk();
  const made = extractSale(path, ID, { kiosk: "demo-1", madeAtMs: T0_MS });
  expect(made?.text).toMatch(/record: paid, .* SEK, still held 200[.]55 SEK, payment \S+ at swish-like$/m);
});
