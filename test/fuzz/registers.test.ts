import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRegister } from "../../src/devices/mdb/vended-register.ts";
import { PulseRegister } from "../../src/devices/parts/pulse-register.ts";
import { RegisterError, SLOT_BYTES } from "../../src/devices/parts/register-file.ts";
import { openCreditRegister } from "../../src/devices/pulse-credit/credit-register.ts";
import { TimerRegister } from "../../src/devices/relay-timer/timer-register.ts";
import { openVendRegister } from "../../src/devices/relay-vend/vend-register.ts";
import { JournalError } from "../../src/platform/journal/sqlite/errors.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { done } from "../../src/ports/outcome.ts";
import { MemoryRegister } from "../support/memory-register.ts";
import { HAPPY } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";
import { damaged, runs } from "./arbitraries.ts";

const clock = clockOf(new VirtualTime(0), { number: 1, alive: true });
const counter = { bootId: "boot-1", read: () => done(7) };

/** What opening each kind of register over these bytes says its total is. */
const KINDS: Readonly<Record<string, (register: MemoryRegister) => Promise<number>>> = {
  "a pulse meter's": async ({ open }) => {
    const scale = { pulsesPerUnit: 100, basePerUnit: 1_000 };
    return (await PulseRegister.open(open, [{ line: "GPIO17", counter }], scale, clock)).state.total;
  },
  "a vending machine's": async ({ open }) => (await openRegister(open)).value.totalBase,
  "a timer's": async ({ open }) => (await TimerRegister.open(open, clock)).found.totalS,
  "a coin input's": async ({ open }) => (await openCreditRegister(open)).value.totalBase,
  "a machine of spirals'": async ({ open }) => (await openVendRegister(open)).value.totalBase,
};

describe.each(Object.entries(KINDS))("%s register, whatever is in its file", (_kind, totalOf) => {
  it("is what was written, or is refused", async () => {
    const fresh = new MemoryRegister(new VirtualTime(0));
    const total = await totalOf(fresh);
    const store = await fresh.open(new Uint8Array());
    const bytes = await store.read();
    const spoiled = fc.oneof(damaged(fc.constant(bytes)), fc.uint8Array({ minLength: 0, maxLength: 2 * SLOT_BYTES }));
    await fc.assert(
      fc.asyncProperty(spoiled, async (found) => {
        const register = new MemoryRegister(new VirtualTime(0));
        await register.open(found);
        try {
          expect(await totalOf(register)).toBe(total);
        } catch (error) {
          if (!(error instanceof RegisterError)) throw error;
        }
      }),
      runs(150),
    );
  });
});

describe("a journal, whatever is in its file", () => {
  it("is opened and read, or refused by what it says itself", async () => {
    const folder = tempFolder();
    const path = join(folder, "whole.db");
    const journal = openJournal({ path });
    for (const event of HAPPY) await journal.append("1", event, null);
    await journal.tidy({ nowMs: 0, keepMs: 0, readers: [] });
    await journal.close();
    const bytes = Uint8Array.from(readFileSync(path));
    let copies = 0;
    await fc.assert(
      fc.asyncProperty(damaged(fc.constant(bytes)), async (found) => {
        const copy = join(folder, `${copies++}.db`);
        writeFileSync(copy, found);
        try {
          const opened = openJournal({ path: copy });
          try {
            expect(Array.isArray(await opened.lastSale("1"))).toBe(true);
            await opened.newestAtMs();
          } finally {
            await opened.close();
          }
        } catch (error) {
          if (!(error instanceof JournalError)) throw error;
        }
      }),
      runs(60),
    );
  });
});
