import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { T0_MS } from "./sale-fixtures.ts";
import { tempFolder } from "./temp.ts";
import { VirtualTime } from "./virtual-clock.ts";

/** A real journal in virtual time, which runs until some work is done. */
export function journalScene(): { journal: Journal; time: VirtualTime; until<T>(work: Promise<T>): Promise<T> } {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  const time = new VirtualTime(T0_MS);
  async function until<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const noted = work.finally(() => {
      settled = true;
    });
    noted.catch(() => undefined);
    for (let idle = 0; !settled && idle < 50; ) idle = (await time.step()) ? 0 : idle + 1;
    return await noted;
  }
  return { journal, time, until };
}
