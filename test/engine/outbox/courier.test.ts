import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { isoTime } from "../../../src/core/time.ts";
import { Courier } from "../../../src/engine/outbox/courier.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import { T0_MS } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

it("records that are asked for again while one is under way all come again", async () => {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  const note = { position: "1", at: isoTime(T0_MS), unit: "L", quantity: null, detail: "" };
  for (let count = 1; count <= 4; count++) await journal.note("unaccounted", "1", () => note);
  const sent: number[] = [];
  const clock = clockOf(new VirtualTime(0), { number: 1, alive: true });
  const courier: Courier<"unaccounted"> = new Courier({
    reader: "unaccounted",
    journal,
    clock,
    log: SILENT,
    deliver: async ({ seq }) => {
      sent.push(seq);
      if (sent.length === 3) await courier.rewind(() => journal.reread("unaccounted", 1));
      return true;
    },
  });
  courier.connection(true);
  await expect.poll(async () => await journal.pendingCount("unaccounted")).toBe(0);
  await courier.settled();
  expect(sent).toEqual([1, 2, 3, 1, 2, 3, 4]);
});
