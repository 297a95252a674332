import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HAPPY } from "../support/sale-fixtures.ts";
import { startKiosk } from "./process.ts";

export interface Writes {
  readonly syncs: number;
  readonly bytes: number;
}

const TRACE = ["-f", "-qq", "-y", "-e", "trace=fsync,fdatasync,write,pwrite64,writev,pwritev"];

/** What the kernel was asked to write to files, and to sync, while the daemon was idle and during one sale. */
export async function writesOfASale(idleMs: number): Promise<{ idle: Writes; sale: Writes }> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-trace-"));
  const trace = join(folder, "trace");
  try {
    const kiosk = await startKiosk({ under: ["strace", ...TRACE, "-o", trace] });
    await kiosk.sell();
    await sleep(500);
    const before = writesIn(trace);
    await sleep(idleMs);
    const idle = minus(writesIn(trace), before);
    const between = writesIn(trace);
    await kiosk.sell();
    await sleep(500);
    const sale = minus(writesIn(trace), between);
    await kiosk.stop();
    return { idle, sale };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same events, each committed to a table of a SQLite database as it comes out of the box. */
export function writesOfPlainSqlite(): Writes {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-trace-"));
  const trace = join(folder, "trace");
  const code = `
    import Database from "better-sqlite3";
    const db = new Database(${JSON.stringify(join(folder, "plain.db"))});
    db.exec("CREATE TABLE event (id INTEGER PRIMARY KEY, position TEXT, body TEXT)");
    db.exec("CREATE INDEX by_position ON event (position)");
    const insert = db.prepare("INSERT INTO event (position, body) VALUES (?, ?)");
    process.stderr.write("begin\\n");
    for (const event of ${JSON.stringify([...HAPPY, HAPPY[0]])}) insert.run("1", JSON.stringify(event));
  `;
  spawnSync("strace", [...TRACE, "-o", trace, process.execPath, "--input-type=module", "-e", code]);
  const lines = readFileSync(trace, "utf8").split("\n");
  const begun = lines.findIndex((line) => line.includes('"begin'));
  const writes = count(lines.slice(begun + 1));
  rmSync(folder, { recursive: true, force: true });
  return writes;
}

function writesIn(trace: string): Writes {
  return count(readFileSync(trace, "utf8").split("\n"));
}

/** Only regular files wear a card: not sockets, pipes, event counters and the terminal. */
function count(lines: readonly string[]): Writes {
  let syncs = 0;
  let bytes = 0;
  for (const line of lines) {
    const call = /\b(fsync|fdatasync|write|pwrite64|writev|pwritev)\(\d+<(\/[^>]*)>/.exec(line);
    if (call === null || /^\/(dev|proc)\//.test(call[2] ?? "")) continue;
    if (call[1]?.endsWith("sync")) syncs++;
    else bytes += Number(/= (\d+)$/.exec(line)?.[1] ?? 0);
  }
  return { syncs, bytes };
}

function minus(a: Writes, b: Writes): Writes {
  return { syncs: a.syncs - b.syncs, bytes: a.bytes - b.bytes };
}
