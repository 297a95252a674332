import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { addReadings, fillJournal } from "./old-journal.ts";
import { middle, residentMb, startKiosk } from "./process.ts";

/**
 * A kiosk of ten years beside a new one. `--keep FOLDER` takes the journals from there, or makes them there; to make
 * them takes some minutes.
 */
const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "dist/main.js");
const PAGE = join(ROOT, "docs/benchmarks.md");
const TITLE = "\n## After ten years\n";
const POSITIONS = ["1", "2", "3"];
const TEN_YEARS = { positions: POSITIONS, sales: 365_000, nights: 3_650, orders: 400_000 };
const NEW = { positions: POSITIONS, sales: 0, nights: 0, orders: 0 };
const READINGS = 300_000;
const STARTS = 5;
const ORDERS = 50;

type Figure = readonly [what: string, ofNew: number, ofOld: number, unit: "ms" | "MB", goal: string];

const kept = process.argv[process.argv.indexOf("--keep") + 1];
const base = process.argv.includes("--keep") && kept !== undefined ? kept : mkdtempSync(join(tmpdir(), "kioskd-age-"));
const folders = { ofNew: join(base, "new"), ofOld: join(base, "old") };

async function journals(): Promise<void> {
  for (const [folder, age] of [
    [folders.ofNew, NEW],
    [folders.ofOld, TEN_YEARS],
  ] as const) {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(join(folder, "journal.db"))) await fillJournal(join(folder, "journal.db"), age, Date.now());
  }
}

/** The same of a new kiosk and of an old one, in turn. */
async function both(times: number, measure: (folder: string) => Promise<number>): Promise<readonly [number, number]> {
  const ofNew: number[] = [];
  const ofOld: number[] = [];
  for (let round = 0; round < times; round++) {
    ofNew.push(await measure(folders.ofNew));
    ofOld.push(await measure(folders.ofOld));
  }
  return [middle(ofNew), middle(ofOld)];
}

async function startMs(folder: string, signal: "SIGTERM" | "SIGKILL"): Promise<number> {
  const kiosk = await startKiosk({ folder, positions: POSITIONS });
  await sleep(500);
  await kiosk.stop(signal);
  return kiosk.startMs;
}

async function memory(): Promise<Figure[]> {
  const seen = new Map<string, number>();
  await Promise.all(
    Object.values(folders).map(async (folder) => {
      const kiosk = await startKiosk({ folder, positions: POSITIONS });
      for (const [s, waitS] of [
        [5, 5],
        [60, 55],
      ] as const) {
        await sleep(waitS * 1_000);
        seen.set(`${folder} ${s}`, residentMb(kiosk.pid));
      }
      await kiosk.stop();
    }),
  );
  const at = (folder: string, s: number): number => seen.get(`${folder} ${s}`) ?? Number.NaN;
  return [5, 60].map((s) => {
    const what = `resident memory ${s} s after a start`;
    return [what, at(folders.ofNew, s), at(folders.ofOld, s), "MB", "≤ 5 MB more"];
  });
}

function commandMs(folder: string, args: readonly string[]): number {
  const startedMs = performance.now();
  const done = spawnSync(process.execPath, [MAIN, ...args, "--config", join(folder, "kioskd.yaml")], {
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`${args.join(" ")}: ${done.stderr}`);
  return performance.now() - startedMs;
}

/** One more order, on the journal's thread. */
async function orderMs(folder: string): Promise<number> {
  const thread = "../../dist/journal-thread.js";
  const { openJournalThread } = (await import(thread)) as typeof import("../../src/platform/journal/sqlite/thread.ts");
  const journal = await openJournalThread({ path: join(folder, "journal.db") });
  const times: number[] = [];
  for (let at = 0; at < ORDERS; at++) {
    const startedMs = performance.now();
    await journal.note("orders", "1", () => ({ position: "1", atMs: Date.now(), type: "unblocked" }));
    await journal.notes("orders", "1");
    times.push(performance.now() - startedMs);
  }
  await journal.close();
  return middle(times);
}

/** Kills the daemon in a delivery, adds readings to it, and starts again: until the sale is closed, and paid. */
async function recoveryMs(readings: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-age-"));
  const service = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  try {
    const first = await startKiosk({ folder, service, quantity: "5.000" });
    await first.arm();
    await sleep(200);
    await first.stop("SIGKILL");
    if (readings > 0) await addReadings(join(folder, "journal.db"), "1", readings);
    const startedMs = performance.now();
    const second = await startKiosk({ folder, service, until: "closed" });
    const tookMs = performance.now() - startedMs;
    await second.stop();
    const paid = service.book.bills(Date.now()).filter(({ status }) => status === "PAID");
    if (paid.length !== 1) throw new Error("the sale was not paid");
    return tookMs;
  } finally {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const say = (...more: readonly Figure[]): void => {
    figures.push(...more);
    for (const each of more) process.stderr.write(`${each.join(" ")}\n`);
  };
  say(["start until a customer can be served", ...(await both(STARTS, (at) => startMs(at, "SIGTERM"))), "ms", "≤ 1.2"]);
  say(...(await memory()));
  const commands = [["sales", "list"], ["status"], ["faults", "list"]];
  for (const args of commands) {
    const goal = args[0] === "sales" ? "< 500 ms" : "";
    say([`\`kioskd ${args.join(" ")}\``, ...(await both(3, async (at) => commandMs(at, args))), "ms", goal]);
  }
  say(["one more order", ...(await both(1, orderMs)), "ms", "as before"]);
  await both(1, (at) => startMs(at, "SIGKILL"));
  say(["start after a kill", ...(await both(STARTS, (at) => startMs(at, "SIGKILL"))), "ms", "≤ 1.2"]);
  const readings = `a killed delivery until it is paid, ${READINGS.toLocaleString("en")} readings in it`;
  say([readings, await recoveryMs(0), await recoveryMs(READINGS), "ms", "recovered"]);
  return figures;
}

function report(figures: readonly Figure[]): string {
  const cell = (value: number, unit: string): string => `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
  const rows = figures.map(
    ([what, ofNew, ofOld, unit, goal]) =>
      `| ${what} | ${cell(ofNew, unit)} | ${cell(ofOld, unit)} | ${(ofOld / ofNew).toFixed(2)} | ${goal} |`,
  );
  const { sales, nights, orders } = TEN_YEARS;
  const number = (value: number): string => value.toLocaleString("en");
  return [
    TITLE,
    "Made by `npm run bench:age`: the built daemon on a new journal, and on one that holds",
    `${number(sales)} sales at three positions, ${number(orders)} orders and ${number(nights)} nights of each position's books.`,
    "",
    "| what | new | old | ratio | goal |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

try {
  await journals();
  const text = report(await measureAll());
  process.stdout.write(text);
  if (process.argv.includes("--write")) {
    const [before = "", after = ""] = readFileSync(PAGE, "utf8").split(TITLE);
    const rest = after.slice(after.search(/^## /m) < 0 ? after.length : after.search(/^## /m));
    writeFileSync(PAGE, `${before}${text}${rest === "" ? "" : `\n${rest}`}`);
  }
} finally {
  if (!process.argv.includes("--keep")) rmSync(base, { recursive: true, force: true });
}
