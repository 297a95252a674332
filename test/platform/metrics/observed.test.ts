import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { SeqrCalls } from "../../../src/payments/seqr/calls.ts";
import { DEMO_RESELLER, startSeqrSimulator } from "../../../src/payments/seqr/simulator/server.ts";
import type { Observer } from "../../../src/ports/metrics.ts";
import { CLOCK, settingsFor } from "../../payments/seqr/rig.ts";
import { SELECTED } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

/** A thread runs what is built. */
const built = join(import.meta.dirname, "../../../dist/journal-thread.js");

describe("an observer", () => {
  it.each<[string, string, boolean, Parameters<Observer["paymentCall"]>[1]]>([
    ["that was answered", DEMO_RESELLER.password, true, "done"],
    ["that was refused", "wrong", true, "declined"],
    ["that nobody answered", DEMO_RESELLER.password, false, "unknown"],
  ])("hears of a call %s", async (_what, password, answering, outcome) => {
    const heard: Parameters<Observer["paymentCall"]>[] = [];
    const simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    const calls = await SeqrCalls.create(
      settingsFor(simulator.endpoint),
      CLOCK,
      SILENT,
      (...call) => void heard.push(call),
    );
    onTestFinished(() => calls.close());
    if (answering) onTestFinished(() => simulator.close());
    else await simulator.close();
    await calls.asReseller("markTransactionPeriod", { ...DEMO_RESELLER, password }, "key", { parameters: {} });
    expect(heard).toEqual([["markTransactionPeriod", outcome, expect.any(Number)]]);
  });

  it("hears of each event that is durable, and of no other", async () => {
    const { openJournalThread } = (await import(
      built
    )) as typeof import("../../../src/platform/journal/sqlite/thread.ts");
    const heard: number[] = [];
    const journal = await openJournalThread({ path: join(tempFolder(), "journal.db") }, (durationMs) =>
      heard.push(durationMs),
    );
    await journal.append("1", SELECTED, null);
    await journal.check();
    await journal.append("1", SELECTED, null);
    await journal.close();
    await expect(journal.append("1", SELECTED, null)).rejects.toThrow("closed");
    expect(heard).toEqual([expect.any(Number), expect.any(Number)]);
  });
});
