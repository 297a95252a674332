// host
// gate: -- 1
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { openPty } from "../../../src/devices/bench/pty.ts";
import { startDartPump } from "../../../src/devices/dart/simulator/pump.ts";
import { startSeqrSimulator } from "../../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../../src/platform/journal/sqlite/history.ts";
import { startBroker } from "../../../src/telemetry/broker/broker.ts";
import { freePort } from "../../support/ports.ts";
import { Random } from "../../support/sim-chaos.ts";
import { makeDisk } from "../support/disk.ts";
import { Figures } from "../support/figures.ts";
import { OERE_PER_PULSE, PULSES_PER_LITRE, referenceOf, type View, writeConfig } from "../support/kiosk.ts";
import { KioskGuest, TOKEN } from "../support/kiosk-guest.ts";
import { ADAPTER } from "../support/serial.ts";

// The power of the whole machine is cut in the middle of sales, while the pump, the payment service, the broker and the
// disk with the journal live on. Arguments: how many cuts, and the seed of what happens when.
const [cuts = 3, seed = 1] = process.argv.slice(2).map(Number);
/** Slow, so that a customer is still at it when the kiosk comes back. */
const ML_PER_MINUTE = 6_000;
const MOMENTS = ["offered", "confirmed", "allowed", "flowing", "flowing", "hung up", "closed"] as const;
const BEGAN_MS = Date.now();

const figures = new Figures();
const random = new Random(seed);
const folder = mkdtempSync(join(tmpdir(), "kioskd-power-cuts-"));
const disk = join(folder, "disk");
const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
const broker = await startBroker({ host: "127.0.0.1", port: 0 });
const wire = await openPty(folder, "pump");
// While QEMU is away nobody else would hold this end open, and the wire would be gone.
openSync(wire.host, "r+");
const pump = startDartPump(await openSimulatorPort({ path: wire.device, baudRate: 9_600 }), {
  price: 1_000,
  rateBasePerMinute: ML_PER_MINUTE,
});
makeDisk(disk, 64);
const guest = new KioskGuest(folder, disk, wire.host, await freePort(), [seqr.endpoint, broker.url]);
writeConfig(
  join(guest.share, "config"),
  seqr.endpoint,
  { driver: "dart", port: ADAPTER, address: 0x50, answerTimeout: "500ms" },
  {
    display: { driver: "web", listen: "0.0.0.0:8099", tokenFile: "secrets/display", required: false },
    mqtt: { url: broker.url },
  },
);
writeFileSync(join(guest.share, "config/secrets/display"), TOKEN, { mode: 0o600 });

/** What the operator has got, by number; and how often the same again. */
const delivered = new Map<number, SaleRecord>();
let repeated = 0;
const operator = await mqtt.connectAsync(broker.url);
await operator.subscribeAsync("kioskd/rig/sales", { qos: 1 });
operator.on("message", (_topic, payload) => {
  const record = JSON.parse(payload.toString()) as SaleRecord & { seq: number };
  if (delivered.has(record.seq)) repeated++;
  delivered.set(record.seq, record);
});

function say(text: string): void {
  process.stderr.write(`power-cuts: ${((Date.now() - BEGAN_MS) / 1_000).toFixed(0)} s: ${text}\n`);
}

async function eventually<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const endMs = Date.now() + 400_000; Date.now() < endMs; await sleep(100)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited in vain until ${what}`);
}

interface Passage {
  readonly saleId: string;
  readonly meterMl: number;
}

/** Chooses until it is taken: on a machine as slow as this one the device is lost now and then. */
async function choose(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await guest.screen.until("the kiosk sells", ({ available }) => available);
    try {
      await guest.screen.press("select", { reserve: random.pick(["20.00", "50.00", "200.00"]) });
      return;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

/** A customer's passage up to some moment of it, or to its end where that comes first. */
async function begin(until: (typeof MOMENTS)[number]): Promise<Passage> {
  const { screen } = guest;
  await choose();
  const meterMl = pump.releasedBase();
  const { qr, saleId } = await screen.until("a code is shown", (view) => view.qr !== null);
  const passage = { saleId: saleId ?? "", meterMl };
  if (until === "offered") return passage;
  seqr.book.confirm(Date.now(), referenceOf(qr));
  if (until === "confirmed") return passage;
  const reaches = async (what: string, holds: (view: View) => boolean): Promise<void> => {
    await screen.until(what, (view) => holds(view) || view.state === "closed");
  };
  await reaches("it may be dispensed", ({ state }) => state === "dispensing");
  if (until === "allowed") return passage;
  pump.act("lift");
  pump.act("squeeze");
  const litres = random.int(1, 12) / 10;
  await reaches(`${litres} l flowed`, ({ quantity }) => Number(quantity) >= litres);
  if (until === "flowing") return passage;
  pump.act("hang-up");
  if (until === "closed") await reaches("it is closed", () => false);
  return passage;
}

/** What the customer does who stands in the dark. */
async function meanwhile(moment: (typeof MOMENTS)[number]): Promise<void> {
  if (moment === "offered" && random.chance(0.5)) {
    for (const { reference } of seqr.book.bills(Date.now())) seqr.book.confirm(Date.now(), reference);
  }
  if (moment === "allowed") {
    pump.act("lift");
    pump.act("squeeze");
  }
  if (random.chance(0.3)) return;
  await sleep(random.int(0, 8_000));
  pump.act("hang-up");
}

/** The sale as the operator has it must be what flowed, and what the service took. Says where it is not. */
async function resolved({ saleId, meterMl }: Passage): Promise<string[]> {
  const record = await eventually(`sale ${saleId} is delivered`, () =>
    [...delivered.values()].find((one) => one.saleId === saleId),
  );
  pump.act("hang-up");
  const flowedMl = pump.releasedBase() - meterMl;
  const dueMinor = (flowedMl / (1_000 / PULSES_PER_LITRE)) * OERE_PER_PULSE;
  const bill = seqr.book.bills(Date.now()).find(({ reference }) => reference === record.invoiceReference);
  const found = {
    outcome: record.outcome,
    quantity: record.quantity,
    charged: record.charged,
    certain: record.meterCertain,
    loss: record.loss,
    bill: bill?.status,
    commits: bill?.commits,
    takenMinor: bill?.chargedMinor,
  };
  const due = {
    outcome: flowedMl > 0 ? "paid" : "released",
    quantity: (flowedMl / 1_000).toFixed(3),
    charged: (dueMinor / 100).toFixed(2),
    certain: true,
    loss: "0.00",
    bill: flowedMl > 0 ? "PAID" : "CANCELED",
    commits: flowedMl > 0 ? 1 : 0,
    takenMinor: dueMinor,
  };
  const wrong = Object.entries(due)
    .filter(([key, value]) => found[key as keyof typeof found] !== value)
    .map(([key, value]) => `${key} is ${found[key as keyof typeof found]}, and should be ${value}`);
  say(`${flowedMl} ml, ${record.outcome}, ${record.charged}: ${wrong.join("; ") || "as it should be"}`);
  return wrong;
}

const differences: string[] = [];
const lost = { flushes: 0, unflushed: 0, lost: 0 };
const flowingAfter: number[] = [];
const journal: SaleRecord[] = [];
let sales = 0;
try {
  await guest.boot(random);
  for (let cut = 0; cut < cuts; cut++) {
    const moment = MOMENTS[(cut * 3 + 3) % MOMENTS.length] ?? "flowing";
    const passage = await begin(moment);
    await sleep(random.int(0, 1_500));
    const atCutMl = pump.releasedBase();
    const loss = await guest.cut(random);
    say(`cut ${cut + 1}, ${moment}, ${atCutMl - passage.meterMl} ml; ${loss.lost} of ${loss.unflushed} writes lost`);
    for (const key of ["flushes", "unflushed", "lost"] as const) lost[key] += loss[key];
    await Promise.all([meanwhile(moment), guest.boot(random)]);
    differences.push(...(await resolved(passage)));
    flowingAfter.push(pump.releasedBase() - atCutMl);
    sales++;
  }
  differences.push(...(await resolved(await begin("closed"))));
  sales++;
  await guest.end();
  const history = openHistory(join(guest.share, "journal/journal.db"));
  journal.push(...history.latest(1_000, null));
  history.close();
} catch (error) {
  process.stderr.write(`${guest.log().slice(-4_000)}\n`);
  throw error;
} finally {
  await guest.abandon();
  await wire.unplug();
  rmSync(folder, { recursive: true, force: true });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const minor = (records: readonly SaleRecord[]): number =>
  sum(records.map(({ charged }) => Math.round(Number(charged) * 100)));
const bills = seqr.book.bills(Date.now());
const flowedMl = pump.releasedBase();

figures.tell("power cuts", cuts);
figures.tell(
  "  flushes of the disk; writes after the last one, of these not whole on it",
  `${lost.flushes}; ${lost.unflushed}, ${lost.lost}`,
);
figures.tell("  ml that flowed after the cuts", sum(flowingAfter));
figures.require("sales in the journal", journal.length, sales);
figures.require("  delivered to the broker", delivered.size, sales);
figures.tell("  and repeated", repeated);
figures.require("  paid, and not for just what flowed, once", differences.length, 0);
figures.require(
  "offers at the service still open",
  bills.filter(({ status }) => !["PAID", "CANCELED"].includes(status)).length,
  0,
);
figures.require(
  `öre at the service for ${flowedMl} ml of the meter`,
  seqr.book.chargedMinor(Date.now()),
  (flowedMl / (1_000 / PULSES_PER_LITRE)) * OERE_PER_PULSE,
);
figures.require("  in the journal", minor(journal), seqr.book.chargedMinor(Date.now()));
figures.require("  delivered", minor([...delivered.values()]), seqr.book.chargedMinor(Date.now()));
figures.require(
  "  ml in the journal",
  sum(journal.map(({ quantity }) => Math.round(Number(quantity) * 1_000))),
  flowedMl,
);
figures.end();
