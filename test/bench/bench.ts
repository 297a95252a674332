import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { hasChromium } from "../support/browser.ts";
import { isHere } from "../support/components.ts";
import { firstPaints, pageBytes } from "./paint.ts";
import { MAIN, middle, node, processorMs, residentMb, type Start, startKiosk } from "./process.ts";
import { type Relay, relayTo } from "./relay.ts";
import { buildUnbundled } from "./unbundled.ts";
import { writesOfASale, writesOfPlainSqlite } from "./writes.ts";

const ROOT = join(import.meta.dirname, "../..");
const STARTS = 5;
const SALES = 10;
const LATENCY_SALES = 100;
const IDLE_MS = 10_000;
const POSITIONS = ["1", "2", "3", "4"];

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly instead: string;
  readonly ratio: string;
  readonly goal: string;
}

const rows: Row[] = [];

function row(what: string, figure: string, goal: string, instead = "", ratio = ""): void {
  rows.push({ what, figure, goal, instead, ratio });
  process.stderr.write(`${what}: ${figure}${instead === "" ? "" : ` (${instead})`}\n`);
}

async function starts(): Promise<void> {
  const packages = Object.keys(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).dependencies);
  const everything = packages.map((name) => `await import("${name}");`).join("");
  const ours: number[] = [];
  const others: number[] = [];
  const eager: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    const kiosk = await startKiosk();
    ours.push(kiosk.startMs);
    await kiosk.stop();
    const other = await startKiosk({ main: unbundled });
    others.push(other.startMs);
    await other.stop();
    eager.push((await node(everything)).ms);
  }
  const [kioskMs, eagerMs] = [middle(ours), middle(eager)];
  row(
    "start to idle display, ready to sell",
    `${kioskMs.toFixed(0)} ms`,
    "< 1,000 ms",
    `all packages imported, nothing else: ${eagerMs.toFixed(0)} ms`,
    (kioskMs / eagerMs).toFixed(2),
  );
  row(
    "the same",
    `${kioskMs.toFixed(0)} ms`,
    "≤ 0.75",
    `unbundled: ${middle(others).toFixed(0)} ms`,
    (kioskMs / middle(others)).toFixed(2),
  );
  const help = (main: string): number => middle(Array.from({ length: STARTS }, () => processorMs(main, "--help")));
  const [helpMs, otherHelpMs] = [help(MAIN), help(unbundled)];
  row(
    "`kioskd --help`, of the processor",
    `${helpMs.toFixed(0)} ms`,
    "≤ 250 ms",
    `unbundled: ${otherHelpMs.toFixed(0)} ms`,
    (helpMs / otherHelpMs).toFixed(2),
  );
}

async function salesOf(start: Start): Promise<{ latencies: readonly number[]; memoryMb: number }> {
  const kiosk = await startKiosk(start);
  const latencies: number[] = [];
  for (let sale = 0; sale < SALES; sale++) {
    const { confirmedMs, armedMs } = await kiosk.sell();
    latencies.push(armedMs - confirmedMs);
  }
  const memoryMb = residentMb(kiosk.pid);
  await kiosk.stop();
  return { latencies, memoryMb };
}

async function salesAndMemory(): Promise<void> {
  const { latencies, memoryMb } = await salesOf({});
  const others = await salesOf({ main: unbundled });
  const bare = Number((await node("console.log(process.memoryUsage.rss() / 1e6)")).out);
  row(
    `resident memory after ${SALES} sales`,
    `${memoryMb.toFixed(0)} MB`,
    "≤ 88 MB",
    `unbundled: ${others.memoryMb.toFixed(0)} MB; bare Node: ${bare.toFixed(0)} MB`,
    (memoryMb / others.memoryMb).toFixed(2),
  );
  const more = await salesOf({ positions: POSITIONS });
  const each = (more.memoryMb - memoryMb) / (POSITIONS.length - 1);
  row(`of that, each position more (${POSITIONS.length} beside one)`, `${each.toFixed(1)} MB`, "≤ 3 MB");
  const sorted = [...latencies].sort((a, b) => a - b);
  row(
    "RESERVED at the service to armed, polled each second",
    `${middle(latencies).toFixed(0)} ms (${sorted[0]?.toFixed(0)} to ${sorted.at(-1)?.toFixed(0)})`,
    "",
    "the poll alone: 500 ms (0 to 1,000)",
    (middle(latencies) / 500).toFixed(2),
  );
}

/** From the answer that the amount is reserved, at our socket, to the armed dispenser: what is ours, without the poll. */
async function latency(): Promise<void> {
  let reservedMs = Number.NaN;
  let relay: Relay | undefined;
  const passes = (answer: string): void => {
    if (answer.includes("RESERVED<")) reservedMs = performance.now();
  };
  const by = async (endpoint: string): Promise<string> => {
    relay = await relayTo(endpoint, passes);
    return relay.endpoint;
  };
  const kiosk = await startKiosk({ by, pollInterval: "100ms", quantity: "0.100" });
  const times: number[] = [];
  for (let sale = 0; sale < LATENCY_SALES; sale++) {
    const { armedMs } = await kiosk.sell();
    times.push(armedMs - reservedMs);
  }
  await kiosk.stop();
  await relay?.close();
  const sorted = times.sort((one, other) => one - other);
  const part = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  row(
    `RESERVED at our socket to armed, without the poll, ${LATENCY_SALES} sales`,
    `p50 ${part(0.5).toFixed(0)} ms, p99 ${part(0.99).toFixed(0)} ms`,
    "p50 ≤ 30, p99 ≤ 100 ms",
  );
}

async function writes(): Promise<void> {
  if (!isHere("strace", "/usr/bin/strace")) {
    row("writes of one sale", "not measured: strace is missing", "");
    return;
  }
  const { idle, sale } = await writesOfASale(IDLE_MS);
  const plain = writesOfPlainSqlite();
  const ratio = (ours: number, theirs: number): string => (ours / theirs).toFixed(2);
  row("fsyncs of one sale", String(sale.syncs), "≤ 12", `plain SQLite: ${plain.syncs}`, ratio(sale.syncs, plain.syncs));
  const kb = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
  row(
    "bytes written for one sale",
    kb(sale.bytes),
    "≤ 64 KB",
    `plain SQLite: ${kb(plain.bytes)}`,
    ratio(sale.bytes, plain.bytes),
  );
  row(`fsyncs and bytes in ${IDLE_MS / 1000} s of idling`, `${idle.syncs} and ${idle.bytes}`, "0 and 0");
}

async function page(): Promise<void> {
  const { gzipped, plain } = pageBytes();
  const kb = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;
  row("the page, gzipped", kb(gzipped), "< 100 kB", `plain: ${kb(plain)}`, (gzipped / plain).toFixed(2));
  if (!hasChromium()) {
    row("first paint", "not measured: Chromium is missing", "");
    return;
  }
  const { ours, bare } = await firstPaints();
  const paint = (what: string, goal: string, oursMs: number, bareMs: number): void =>
    row(
      what,
      `${oursMs.toFixed(0)} ms`,
      goal,
      `a page of one word: ${bareMs.toFixed(0)} ms`,
      (oursMs / bareMs).toFixed(2),
    );
  paint("first paint, processor slowed 6 times", "< 1,000 ms", ours.firstMs, bare.firstMs);
  paint("the price on the screen, processor slowed 6 times", "", ours.priceMs, bare.priceMs);
}

function report(): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`;
  const lines = rows.map(
    (each) => `| ${each.what} | ${each.figure} | ${each.goal} | ${each.instead} | ${each.ratio} |`,
  );
  return [
    "# Benchmarks",
    "",
    "Made by `npm run bench`. Machines are noisy: read the ratios, taken side by side in one run.",
    "",
    `Machine: ${machine}.`,
    "",
    "| what | kioskd | goal | instead | ratio |",
    "|---|---|---|---|---|",
    ...lines,
    "",
    '"Plain SQLite" commits the same events to a table with an index, with the library\'s own defaults. Our figures',
    "hold all that the daemon writes to files: journal, outbox and the simulated meter's register.",
    "",
  ].join("\n");
}

const unbundled = buildUnbundled();
await starts();
await salesAndMemory();
await latency();
await writes();
await page();
const text = report();
process.stdout.write(`\n${text}`);
if (process.argv.includes("--write")) {
  // What others measured stands below, and is theirs to write.
  const file = join(ROOT, "docs/benchmarks.md");
  const page = readFileSync(file, "utf8");
  const below = page.search(/\n## /);
  writeFileSync(file, below < 0 ? text : `${text}${page.slice(below)}`);
}
