import { cpus, release, totalmem } from "node:os";
import { BROKER_LINES } from "./broker.ts";
import { GOALS, percent } from "./goals.ts";
import { KINDS } from "./protocol.ts";
import type { StepFigures } from "./step.ts";

export interface Pair {
  readonly kiosks: StepFigures;
  /** As many plain clients that publish as much. */
  readonly plain: StepFigures;
}

export interface Results {
  readonly selling: readonly Pair[];
  readonly resting: readonly StepFigures[];
  /** A few clients that publish all they can. */
  readonly alone: readonly StepFigures[];
  /** What ended each series, in words. */
  readonly ends: readonly string[];
  readonly tookMs: number;
}

export function reportOf({ selling, resting, alone, ends, tookMs }: Results): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}`;
  const all = [...alone, ...resting, ...selling.flatMap(({ kiosks, plain }) => [kiosks, plain])];
  const others =
    Math.max(...all.map(({ cpu }) => cpu.machine - cpu.broker - cpu.load - cpu.subscriber)) / cpus().length;
  const both = selling.flatMap(({ kiosks, plain }) => [kiosks, plain]);
  return [
    `Machine: ${machine}, everything on it: broker, kiosks, subscriber; what had nothing to do with the bench took up to ${percent(others)} of it in a step. The bench took ${(tookMs / 60_000).toFixed(0)} minutes. Mosquitto with its own defaults but for \`${BROKER_LINES.join("`, `")}\`; no passwords.`,
    ...["### The broker with a few clients that publish much", ...table(ALONE, alone)],
    ...["### Selling without a pause", ...table(SELLING, both)],
    `Goals: 99 of 100 records within ${GOALS.delayP99Ms} ms, at least ${percent(GOALS.rateShare)} of the messages for each kiosk that the smallest fleet reached, none dropped by the broker.`,
    ...["### The broker killed and away for some seconds, while they sell", ...table(RESTART, both)],
    `Goals: all back within ${GOALS.allBackMs / 1_000} s, each online in what the broker retains, no record lost.`,
    ...["### Kiosks that sell nothing", ...table(RESTING, resting)],
    ...["### What ended it", ...ends.map((end) => `- ${end}`)],
    ...["### What it comes to", ...sums(selling, resting, alone).map((line) => `- ${line}`)],
  ]
    .join("\n\n")
    .replaceAll(/(\n- [^\n]*)\n(?=\n- )/g, "$1");
}

type Columns = readonly (readonly [string, (step: StepFigures) => string])[];

const NAME: Columns = [
  ["kiosks", ({ plan }) => String(plan.kiosks)],
  ["who", ({ plan }) => (plan.role === "kiosks" ? "kioskd" : "plain mqtt.js")],
];
const BACK: Columns = [
  [
    "all back after",
    ({ restart }) =>
      restart === null ? "" : restart.allBackMs === null ? `never: ${restart.online}` : seconds(restart.allBackMs),
  ],
  ["attempts each", ({ restart }) => restart?.attempts.toFixed(1) ?? ""],
];
const DELAYS: Columns = [
  [
    "sale closed to subscriber, ms: p50 / p95 / p99 / max",
    ({ delaysMs: { p50, p95, p99, max } }) => `${p50} / ${p95} / ${p99} / ${max}`,
  ],
  ["broker, of a core", ({ cpu }) => percent(cpu.broker)],
];
const SELLING: Columns = [
  ...NAME,
  ["messages/s", ({ messagesPerSecond }) => messagesPerSecond.toFixed(0)],
  ["sales/s", ({ traffic, plan }) => (traffic.sales.perSecond * plan.kiosks).toFixed(0)],
  ...DELAYS,
  ["broker, memory", ({ brokerMb }) => `${brokerMb.toFixed(0)} MB`],
  ["clients, of a core", ({ cpu }) => percent(cpu.load)],
  ["machine, of all cores", ({ cpu }) => percent(cpu.machine / cpus().length)],
];
const RESTART: Columns = [
  ...NAME,
  ...BACK,
  ["retained as online", ({ restart }) => String(restart?.retained)],
  ["records", ({ restart }) => String(restart?.sold)],
  ["lost", ({ restart }) => String(restart?.lost)],
  ["twice", ({ restart }) => String(restart?.duplicates)],
];
const RESTING: Columns = [
  ...NAME.slice(0, 1),
  ["TLS", ({ plan }) => (plan.tls ? "yes" : "no")],
  ["processes", ({ processes }) => String(processes)],
  ["broker, open files", ({ brokerFiles: { open, limit } }) => `${open} of ${limit}`],
  ["broker, memory", ({ brokerMb }) => `${brokerMb.toFixed(0)} MB`],
  ["memory of a kiosk", ({ loadMb, plan }) => `${((loadMb / plan.kiosks) * 1_000).toFixed(0)} kB`],
  ...BACK,
  ["broker's processor for each that comes back", ({ restart }) => `${restart?.brokerCpuMs.toFixed(1)} ms`],
];

const ALONE: Columns = [
  ["clients", ({ plan }) => String(plan.kiosks)],
  ["offered/s", ({ plan }) => ((plan.traffic.state.perSecond + plan.traffic.sales.perSecond) * plan.kiosks).toFixed(0)],
  ["messages/s", ({ messagesPerSecond }) => messagesPerSecond.toFixed(0)],
  ...DELAYS,
  ["clients, of a core", ({ cpu }) => percent(cpu.load)],
  ["subscriber, of a core", ({ cpu }) => percent(cpu.subscriber)],
];

function table(columns: Columns, steps: readonly StepFigures[]): readonly string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = [row(columns.map(([title]) => title)), row(columns.map(() => "---"))];
  return [[...head, ...steps.map((step) => row(columns.map(([, cell]) => cell(step))))].join("\n")];
}

function sums(
  selling: readonly Pair[],
  resting: readonly StepFigures[],
  alone: readonly StepFigures[],
): readonly string[] {
  const [first, last] = [selling[0], selling.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { traffic } = first.kiosks;
  const ofASale = KINDS.map(
    (kind) =>
      `${(traffic[kind].perSecond / traffic.sales.perSecond).toFixed(1)} × ${kind} (${traffic[kind].bytes} bytes)`,
  );
  const fullest = alone.toSorted((a, b) => a.messagesPerSecond - b.messagesPerSecond).at(-1) ?? last.kiosks;
  const micros = ({ cpu, messagesPerSecond }: StepFigures): number => (cpu.broker / messagesPerSecond) * 1e6;
  const millis = ({ cpu, plan }: StepFigures): string => ((cpu.load / plan.kiosks) * 1_000).toFixed(1);
  const ratios = selling.map(({ kiosks, plain }) => (kiosks.cpu.load / plain.cpu.load).toFixed(1));
  return [
    `One sale of five seconds: ${ofASale.join(", ")}.`,
    `Broker: ${micros(fullest).toFixed(0)} µs of processor for a message in and out to one subscriber at ${fullest.messagesPerSecond.toFixed(0)} messages/s (${micros(first.kiosks).toFixed(0)} µs at ${first.kiosks.messagesPerSecond.toFixed(0)}), so about ${thousands(1e6 / micros(fullest))} messages/s fill a core.`,
    `A kiosk that sells without a pause: ${millis(first.kiosks)} ms of processor a second, a plain client that publishes as much: ${millis(first.plain)} ms. Ratio in each step: ${ratios.join(", ")}.`,
    `Broker memory for one more connection: ${perConnection(first.kiosks, resting, false)} kB, with TLS ${perConnection(first.kiosks, resting, true)} kB.`,
  ];
}

function perConnection(first: StepFigures, resting: readonly StepFigures[], tls: boolean): string {
  const last = resting.filter(({ plan }) => plan.tls === tls).at(-1);
  if (last === undefined) return "?";
  const growthKb = (last.brokerMb - first.brokerMb) * 1_000;
  return (growthKb / (last.plan.kiosks - first.plan.kiosks)).toFixed(0);
}

function thousands(count: number): string {
  return (Math.round(count / 1_000) * 1_000).toLocaleString("en");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
