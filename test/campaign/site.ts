import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { openSimulatorPort } from "../../src/devices/bench/port.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { type DartPumpBench, startDartPump } from "../../src/devices/dart/simulator/pump.ts";
import { mosquitto, type RestartableBroker } from "../support/mosquitto.ts";
import { type DaemonClock, daemonClock } from "./clock.ts";
import { type SmallDisk, smallDisk } from "./disk.ts";
import { SERVICES, type Service, type ServiceName } from "./services.ts";
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
  readonly service: Service;
  readonly pump: DartPumpBench;
  readonly broker: RestartableBroker;
  readonly subscriber: Subscriber;
  /** Null where the machine cannot do it. */
  readonly disk: SmallDisk | null;
  readonly clock: DaemonClock | null;
  /** `keep` leaves the folder for whoever looks into a failure. */
  close(keep: boolean): Promise<void>;
}

export async function openSite(pay: ServiceName, tell: (line: string) => void): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-campaign-"));
  const disk = smallDisk(folder, tell);
  const clock = daemonClock(folder, tell);
  const service = await SERVICES[pay]();
  const broker = await mosquitto();
  await broker.start();
  const subscriber = new Subscriber(broker.url);
  await subscriber.listen();
  const pty = await openPty(folder, "pump");
  const port = await openSimulatorPort({ path: pty.device, baudRate: BAUD_RATE, parity: "odd" });
  const pump = startDartPump(port, { ...FLOW, price: 1_989 });
  const journal = join(disk?.folder ?? folder, "journal.db");
  return {
    ...{ folder, journal, service, pump, broker, subscriber, disk, clock },
    main: freeze(folder),
    config: configure({ folder, journal, pay, service, brokerUrl: broker.url, port: pty.host }),
    close: async (keep) => {
      subscriber.close();
      await broker.close();
      await pump.close();
      await pty.unplug();
      await service.close();
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

interface Around {
  readonly folder: string;
  readonly journal: string;
  readonly pay: ServiceName;
  readonly service: Service;
  readonly brokerUrl: string;
  readonly port: string;
}

/** A pump on a wire, and a hold that outlasts every step of the clock. */
function configure({ folder, journal, pay, service, brokerUrl, port }: Around): string {
  mkdirSync(join(folder, "secrets"));
  const { section, position } = service.configured((name, value) => {
    writeFileSync(join(folder, "secrets", name), value, { mode: 0o600 });
    return `secrets/${name}`;
  });
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency: service.currency },
    journal: { path: journal },
    payment: { provider: pay, [pay]: section },
    positions: [
      {
        ...{ id: "1", ...position, noFlowTimeout: "5s", reserve: ["100.00", "300.00"] },
        product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
        dispenser: {
          ...{ driver: "dart", port, baudRate: BAUD_RATE, address: 0x50, priceDecimals: 2 },
          ...{ pollInterval: "20ms", answerTimeout: "150ms" },
        },
      },
    ],
    display: { driver: "web", listen: "127.0.0.1:0", required: false },
    mqtt: { url: brokerUrl, sessionExpiry: "0s" },
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}
