import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLOCK_KEY } from "../../src/core/clock.ts";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openJournal, openJournalBeside } from "../../src/platform/journal/sqlite/journal.ts";
import { atEnd } from "../support/at-end.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess } from "../support/daemon.ts";
import { HAPPY, PAID } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");
const DAY_MS = 86_400_000;
const NOBODY = "http://127.0.0.1:1/soap";

/** A kiosk that has sold something while its clock was thirty days ahead; without a last event the sale is open. */
async function wasAhead(endpoint: string, isClosed = true) {
  const folder = tempFolder();
  const path = writeConfig(folder, { endpoint });
  const journalPath = join(folder, "journal.db");
  const atMs = Date.now() + 30 * DAY_MS;
  const journal = openJournal({ path: journalPath });
  for (const event of HAPPY.slice(0, isClosed ? undefined : -1))
    await journal.append("1", { ...event, atMs }, event === HAPPY.at(-1) ? PAID : null);
  await journal.close();
  const notes = async () => {
    const beside = openJournalBeside({ path: journalPath });
    const found = await beside.notes("clock", CLOCK_KEY);
    await beside.close();
    return found;
  };
  const accept = (...words: string[]) => {
    const command = [MAIN, "clock", "accept", "--config", path, ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 60_000 });
    return { status, text: stdout + stderr };
  };
  return { path, atMs, notes, accept };
}

describe("a kiosk whose clock was ahead once, and is right now", () => {
  it("sells again when the payment service says the same, also after a restart", async () => {
    const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    atEnd(() => seqr.close());
    const { path, notes } = await wasAhead(seqr.endpoint);
    const first = new DaemonProcess(path);
    await first.until("the clock is taken", ({ available }) => available);
    await first.kill("SIGTERM");
    expect(await notes()).toMatchObject([{ by: "payment service" }]);
    const second = new DaemonProcess(path);
    await second.until("the clock is taken still", ({ available }) => available);
    expect(second.log.join("\n")).not.toContain("clock-implausible");
    await second.kill("SIGTERM");
    expect(await notes()).toHaveLength(1);
  });

  it("takes it when an operator orders it, which is asked for and noted", async () => {
    const { accept, notes, atMs } = await wasAhead(NOBODY);
    const asked = accept();
    expect(asked).toMatchObject({ status: 2, text: expect.stringContaining("add --yes") });
    expect(asked.text).toContain(new Date(atMs).toISOString());
    expect(await notes()).toEqual([]);
    expect(accept("--yes", "--reason", "a flat battery")).toMatchObject({ status: 0 });
    const [taken, ...others] = await notes();
    expect(taken).toMatchObject({ by: "operator", overruledMs: atMs, reason: "a flat battery" });
    expect(taken?.who).not.toBe("");
    expect(others).toEqual([]);
    expect(accept("--yes")).toMatchObject({ status: 0, text: expect.stringContaining("nothing to accept") });
    expect(await notes()).toHaveLength(1);
  });

  it("takes none while a sale is open", async () => {
    const { accept, notes } = await wasAhead(NOBODY, false);
    expect(accept("--yes")).toMatchObject({ status: 1, text: expect.stringContaining("has an open sale") });
    expect(await notes()).toEqual([]);
  });
});
