import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { openSimulatorPort } from "../../src/devices/bench/port.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { type DartPumpBench, startDartPump } from "../../src/devices/dart/simulator/pump.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { mosquitto, type RestartableBroker } from "../support/mosquitto.ts";
import { type DaemonClock, daemonClock } from "./clock.ts";
import { type SmallDisk, smallDisk } from "./disk.ts";
import { Subscriber } from "./subscriber.ts";

const ROOT = join(import.meta.dirname, "../..");
const BAUD_RATE = 19_200;
/** Four litres a second. */
const FLOW = { rateBasePerMinute: 60_000, speed: 4 };

/** All that stands around the daemon and outlives it. */
export interface Site {
  readonly folder: string;
  /** The build as it was at the start, whoever builds meanwhile. */
  readonly main: string;
  readonly config: string;
  readonly journal: string;
  readonly seqr: SeqrSimulator;
  readonly pump: DartPumpBench;
  readonly broker: RestartableBroker;
  readonly subscriber: Subscriber;
  /** Null where the machine cannot do it. */
  readonly disk: SmallDisk | null;
  readonly clock: DaemonClock | null;
  /** `keep` leaves the folder for whoever looks into a failure. */
  close(keep: boolean): Promise<void>;
}

export async function openSite(tell: (line: string) => void): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-campaign-"));
  const disk = smallDisk(folder, tell);
  const clock = daemonClock(folder, tell);
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  const broker = await mosquitto();
  await broker.start();
  const subscriber = new Subscriber(broker.url);
  await subscriber.listen();
  const pty = await openPty(folder, "pump");
  const port = await openSimulatorPort({ path: pty.device, baudRate: BAUD_RATE, parity: "odd" });
  const pump = startDartPump(port, { ...FLOW, price: 1_989 });
  const journal = join(disk?.folder ?? folder, "journal.db");
  const setup = { endpoint: seqr.endpoint, brokerUrl: broker.url, pollInterval: "100ms" };
  return {
    ...{ folder, journal, seqr, pump, broker, subscriber, disk, clock },
    main: freeze(folder),
    config: adapt(writeConfig(folder, setup), journal, pty.host),
    close: async (keep) => {
      subscriber.close();
      await broker.close();
      await pump.close();
      await pty.unplug();
      await seqr.close();
      if (keep && disk !== null) cpSync(disk.folder, join(folder, "journal"), { recursive: true });
      disk?.close();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freeze(folder: string): string {
  const frozen = join(folder, "kioskd");
  mkdirSync(frozen);
  for (const name of ["dist", "package.json"]) cpSync(join(ROOT, name), join(frozen, name), { recursive: true });
  return join(frozen, "dist/main.js");
}

interface Configured {
  journal: { path: string };
  payment: { seqr: object };
  positions: [{ noFlowTimeout: string; dispenser: object }];
}

/** A pump on a wire, and a hold that outlasts every step of the clock. */
function adapt(file: string, journal: string, port: string): string {
  const config = parse(readFileSync(file, "utf8")) as Configured;
  config.journal.path = journal;
  Object.assign(config.payment.seqr, { commitTimeout: "7d", requestTimeout: "1s" });
  Object.assign(config.positions[0], {
    noFlowTimeout: "5s",
    dispenser: {
      ...{ driver: "dart", port, baudRate: BAUD_RATE, address: 0x50, priceDecimals: 2 },
      ...{ pollInterval: "20ms", answerTimeout: "150ms" },
    },
  });
  writeFileSync(file, stringify(config));
  return file;
}
