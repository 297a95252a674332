import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, makeBroker } from "./broker.ts";
import { type Child, startChild } from "./children.ts";
import type { KINDS, LoadSetup, Percentiles, SubscriberCounts, Traffic } from "./protocol.ts";
import { cpuMs, machineCpuMs, openFiles, residentMb } from "./usage.ts";

export interface StepPlan {
  readonly role: LoadSetup["role"];
  readonly kiosks: number;
  readonly perProcess: number;
  readonly sells: boolean;
  readonly tls: boolean;
  readonly traffic: Traffic;
  /** Until it runs evenly. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** How long the broker stays away when it has been killed; null when it is not. */
  readonly downMs: number | null;
}

/** Of one core. */
type Shares = Readonly<Record<"broker" | "load" | "subscriber" | "machine", number>>;

export interface StepFigures {
  readonly plan: StepPlan;
  readonly processes: number;
  /** Of all, by what reached the subscriber. */
  readonly messagesPerSecond: number;
  /** Of one kiosk. */
  readonly traffic: Traffic;
  readonly delaysMs: Percentiles;
  readonly dropped: number;
  readonly cpu: Shares;
  readonly brokerMb: number;
  readonly brokerFiles: { readonly open: number; readonly limit: number };
  readonly loadMb: number;
  readonly restart: Restart | null;
}

export interface Restart {
  /** From when the broker takes connections until the last one is online; null when not all came. */
  readonly allBackMs: number | null;
  readonly online: number;
  readonly retained: number;
  /** Of one kiosk, on average; so is the next. */
  readonly attempts: number;
  readonly brokerCpuMs: number;
  /** Until all were back. */
  readonly cpu: Shares;
  readonly sold: number;
  readonly lost: number;
  readonly duplicates: number;
}

export const NO_TRAFFIC: Traffic = {
  state: { perSecond: 0, bytes: 0 },
  meter: { perSecond: 0, bytes: 0 },
  sales: { perSecond: 0, bytes: 0 },
};

const TOPIC_PREFIX = "fleet";
const ALL_WITHIN_MS = 60_000;
const LOOK_MS = 200;
/** Longer than a sale and a retry of the outbox. */
const SALES_END_MS = 14_000;

interface Bench {
  readonly plan: StepPlan;
  readonly broker: Broker;
  readonly subscriber: Child;
  readonly loads: readonly Child[];
}

/** One fleet of one size on a fresh broker: sells, then loses its broker, then has to be there again. */
export async function runStep(plan: StepPlan): Promise<StepFigures> {
  const broker = await makeBroker(plan.tls);
  const children: Child[] = [];
  try {
    await broker.start();
    const subscriber = await startChild({ role: "subscriber", url: broker.url, topicPrefix: TOPIC_PREFIX });
    children.push(subscriber);
    const { role, kiosks, perProcess, sells, traffic } = plan;
    const common = { role, topicPrefix: TOPIC_PREFIX, sells, traffic, url: broker.url, ca: null, ...broker.secured };
    for (let from = 0; from < kiosks; from += perProcess) {
      const count = Math.min(perProcess, kiosks - from);
      children.push(await startChild({ ...common, from, count }));
    }
    const bench = { plan, broker, subscriber, loads: children.slice(1) };
    await heardOfAll(bench);
    await sleep(plan.warmUpMs);
    const measured = await measure(bench);
    return {
      plan,
      processes: bench.loads.length,
      ...measured,
      restart: plan.downMs === null ? null : await restart(bench, plan.downMs),
    };
  } finally {
    await broker.close();
    await Promise.all(children.map((child) => child.end()));
  }
}

async function measure(bench: Bench): Promise<Omit<StepFigures, "plan" | "processes" | "restart">> {
  const { plan, broker, subscriber, loads } = bench;
  await subscriber.ask("mark");
  const before = used(bench);
  await sleep(plan.measureMs);
  const after = used(bench);
  const heard = await subscriber.ask("heard");
  return {
    messagesPerSecond: (heard.messages / heard.tookMs) * 1_000,
    traffic: trafficOf(heard, plan.kiosks),
    delaysMs: heard.delaysMs,
    dropped: heard.dropped,
    cpu: sharesBetween(before, after),
    brokerMb: residentMb(broker.pid),
    brokerFiles: openFiles(broker.pid),
    loadMb: loads.reduce((sum, { pid }) => sum + residentMb(pid), 0),
  };
}

async function restart(bench: Bench, downMs: number): Promise<Restart> {
  const { plan, broker, subscriber, loads } = bench;
  const before = await counts(loads);
  await subscriber.ask("mark");
  await broker.kill();
  await sleep(downMs);
  const readyAtMs = await broker.start();
  const back = used(bench);
  const { online, lastOnlineMs } = await heardOfAll(bench);
  const allBack = used(bench);
  const attempts = (await counts(loads)).attempts - before.attempts;
  const retained = await subscriber.ask("retained");
  await Promise.all(loads.map((load) => load.ask("quiet")));
  let [sold, heard] = [await counts(loads), await subscriber.ask("heard")];
  const endMs = performance.now() + (plan.sells ? SALES_END_MS : 0);
  const quietMs = performance.now() + (plan.role === "kiosks" ? SALES_END_MS / 2 : 1_000);
  while (performance.now() < endMs && (performance.now() < quietMs || heard.records < sold.sold)) {
    await sleep(LOOK_MS);
    [sold, heard] = [await counts(loads), await subscriber.ask("heard")];
  }
  return {
    allBackMs: online >= plan.kiosks ? lastOnlineMs - readyAtMs : null,
    ...{ online, retained, sold: sold.sold, lost: sold.sold - heard.records, duplicates: heard.duplicates },
    ...{ attempts: attempts / plan.kiosks, brokerCpuMs: allBack.broker / plan.kiosks },
    cpu: sharesBetween(back, allBack),
  };
}

function used({ broker, loads, subscriber }: Bench) {
  return {
    atMs: performance.now(),
    broker: cpuMs(broker.pid),
    load: loads.reduce((sum, { pid }) => sum + cpuMs(pid), 0),
    subscriber: cpuMs(subscriber.pid),
    machine: machineCpuMs(),
  };
}

function sharesBetween(before: ReturnType<typeof used>, after: ReturnType<typeof used>): Shares {
  const share = (who: keyof Shares): number => (after[who] - before[who]) / (after.atMs - before.atMs);
  return { broker: share("broker"), load: share("load"), subscriber: share("subscriber"), machine: share("machine") };
}

/** Waits within a bound. */
async function heardOfAll({ plan, subscriber }: Bench): Promise<SubscriberCounts> {
  const endMs = performance.now() + ALL_WITHIN_MS;
  for (;;) {
    const heard = await subscriber.ask("heard");
    if (heard.online >= plan.kiosks || performance.now() > endMs) return heard;
    await sleep(LOOK_MS);
  }
}

async function counts(loads: readonly Child[]): Promise<{ readonly attempts: number; readonly sold: number }> {
  const all = await Promise.all(loads.map((load) => load.ask("counts")));
  const sum = (of: "attempts" | "sold"): number => all.reduce((total, each) => total + each[of], 0);
  return { attempts: sum("attempts"), sold: sum("sold") };
}

function trafficOf({ byKind, tookMs }: SubscriberCounts, kiosks: number): Traffic {
  const of = (kind: (typeof KINDS)[number]) => {
    const { messages, bytes } = byKind[kind];
    return {
      perSecond: (messages / tookMs / kiosks) * 1_000,
      bytes: messages === 0 ? 0 : Math.round(bytes / messages),
    };
  };
  return { state: of("state"), meter: of("meter"), sales: of("sales") };
}
