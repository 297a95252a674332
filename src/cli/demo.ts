import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { createLog } from "../adapters/log/pino/log.ts";
import { tariffOf } from "../config/goods.ts";
import { loadConfig } from "../config/load.ts";
import type { PositionConfig } from "../config/schema.ts";
import { startBroker } from "../simulators/broker/broker.ts";
import { startSeqrSimulator } from "../simulators/seqr/server.ts";
import { playCustomer } from "./customer.ts";
import type { StartDaemon } from "./daemon.ts";
import { toldToEnd } from "./ending.ts";
import { CliError } from "./failure.ts";
import { print } from "./table.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

/** The product itself, wired to a payment service, a broker and a dispenser that are simulated in this process. */
export async function demo(options: { auto?: boolean }, startDaemon: StartDaemon): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-demo-"));
  const undo: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const ending = toldToEnd();
  try {
    const seqr = await startSeqrSimulator(LOOPBACK);
    undo.push(() => seqr.close());
    const broker = await startBroker(LOOPBACK);
    undo.push(() => broker.close());
    const loaded = loadConfig(writeConfig(folder, seqr.endpoint, broker.url));
    const log = createLog({ level: "warn", secrets: [], write: (line) => process.stderr.write(line) });
    const onFatal = (reason: string): void => {
      process.stderr.write(`${reason}\n`);
      process.exit(1);
    };
    const daemon = await startDaemon(loaded, { log, onFatal });
    undo.push(() => daemon.close());
    print(
      `Display  ${daemon.displayUrl}\nPhone    ${seqr.phoneUrl}\nBroker   ${broker.url}  (topics below kioskd/demo-1)\n`,
    );
    if (options.auto === true) {
      const { config } = loaded;
      await playCustomer({
        displayUrl: daemon.displayUrl,
        phoneUrl: seqr.phoneUrl,
        journalPath: config.journal.path,
        kioskName: config.kiosk.name,
        tariff: tariffOf(config, config.positions[0] as PositionConfig),
      });
    } else {
      print("Choose an amount on the display, confirm it on the phone, and watch. Ctrl-C ends the demo.");
      await ending;
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
}

function writeConfig(folder: string, endpoint: string, brokerUrl: string): string {
  const secret = (name: string, value: string): string => {
    writeFileSync(join(folder, name), value, { mode: 0o600 });
    return name;
  };
  const config = {
    kiosk: { id: "demo-1", name: "Demo station", currency: "SEK", locales: ["sv", "en"], timezone: "Europe/Stockholm" },
    journal: { path: "journal.db" },
    payment: { provider: "seqr", seqr: { endpoint } },
    positions: [
      {
        id: "1",
        terminal: { id: "demo-terminal", passwordFile: secret("terminal-1", "12345678") },
        product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
        reserve: ["100.00", "300.00", "500.00"],
        dispenser: { driver: "simulated", quantity: "5.000" },
      },
    ],
    display: { driver: "web", listen: "127.0.0.1:0" },
    mqtt: { url: brokerUrl },
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}
