import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { tariffOf } from "../config/goods.ts";
import { factsOf } from "../config/plug-ins.ts";
import type { PositionConfig } from "../config/schema.ts";
import type { BenchDevice, LineSimulator, NetSimulator, Simulator } from "../devices/bench/device.ts";
import { BenchLines } from "../devices/bench/lines.ts";
import { openPty } from "../devices/bench/pty.ts";
import { startBench } from "../devices/bench/server.ts";
import { LANGUAGES } from "../displays/texts/languages.ts";
import { CliError, failureText, reasonText, UsageError } from "../platform/console/failure.ts";
import { print, printError, told } from "../platform/console/print.ts";
import type { Gpio } from "../platform/gpio/gpio.ts";
import { createLog } from "../platform/log/log.ts";
import type { PaymentSimulator } from "../ports/payment-plug-in.ts";
import { startBroker } from "../telemetry/broker/broker.ts";
import { loadConfig } from "../wiring/load.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";
import type { StartDaemon } from "../wiring/served.ts";
import { type AnySimulator, isOnLine, type Kind, startDevice } from "./benches.ts";
import { playCustomer } from "./customer.ts";
import { type DemoAddress, demoAddress, reachable } from "./demo-address.ts";
import { EmergencyStop, toldToEnd } from "./ending.ts";
import { logOutput } from "./log-output.ts";

/** How much faster than in life a simulated device is: nobody watches a demo for an hour. */
const HURRY = 8;
const LOOPBACK = { host: "127.0.0.1", port: 0 };
const NOTHING_WIRED = { port: "", device: null, benchUrl: null, gpio: null } as const;

interface Options {
  readonly auto?: boolean;
  readonly kind: string;
  readonly pay: string;
  readonly listen?: string;
}

/** The product itself, wired to a payment service, a broker and a device that are simulated in this process. */
export async function demo(options: Options, kinds: readonly Kind[], startDaemon: StartDaemon): Promise<void> {
  const kind = kinds.find((each) => each.kind === options.kind);
  if (kind === undefined) {
    const names = kinds.map((each) => each.kind).join(", ");
    throw new UsageError(`--kind: expected one of ${names}, not "${options.kind}"`);
  }
  const paying = PLUG_INS.payments.find(({ name }) => name === options.pay);
  if (paying === undefined) {
    const names = PLUG_INS.payments.map(({ name }) => name).join(", ");
    throw new UsageError(`--pay: expected one of ${names}, not "${options.pay}"`);
  }
  const address = demoAddress(options.listen);
  const folder = mkdtempSync(join(tmpdir(), "kioskd-demo-"));
  const undo: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  const emergencyStop = new EmergencyStop((error) => printError(`The demo failed: ${failureText(error)}`));
  emergencyStop.guard({ close: undoAll });
  const ending = toldToEnd(() => emergencyStop.end(() => printError("Told twice to end: ending at once.")));
  try {
    const payment = await paying.startSimulator({
      ...LOOPBACK,
      // The daemon itself speaks plain HTTP with this machine only.
      phoneHost: address.token === null ? undefined : address.host,
    });
    undo.push(() => payment.close());
    const broker = await startBroker(LOOPBACK);
    undo.push(() => broker.close());
    const wired = await wireDevice(folder, kind, address.host, undo);
    const parts = {
      provider: paying.name,
      payment,
      brokerUrl: broker.url,
      position: kind.position(wired.port, HURRY),
      address,
    };
    const loaded = loadConfig(writeConfig(folder, parts));
    const log = createLog({
      level: "warn",
      secrets: loaded.secrets.all,
      write: logOutput(process.stderr),
    });
    const onFatal = (reason: string): void => {
      void emergencyStop.end(() => printError(reason));
    };
    const daemon = await startDaemon(loaded, { log, emergencyStop, onFatal, gpio: wired.gpio });
    undo.push(() => daemon.close());
    const displayUrl = reachable(daemon.displayUrl);
    print(told`Display  ${address.token === null ? displayUrl : `${displayUrl}?token=${address.token}`}`);
    print(told`Phone    ${reachable(payment.phoneUrl)}`);
    print(told`Broker   ${broker.url}  (topics below kioskd/demo-1)`);
    if (wired.benchUrl !== null) print(told`Bench    ${reachable(wired.benchUrl)}  (${wired.what})`);
    print(told``);
    if (options.auto === true) {
      const { config } = loaded;
      await playCustomer({
        displayUrl,
        token: address.token,
        payment,
        journalPath: config.journal.path,
        kioskName: config.kiosk.name,
        tariff: tariffOf(config, config.positions[0] as PositionConfig),
        part: kind.part,
        device: wired.device,
      });
    } else {
      const { config } = loaded;
      const isChosenFirst = config.positions.some(({ dispenser }) => factsOf(PLUG_INS, dispenser).areGoodsChosenFirst);
      const first = isChosenFirst ? "Choose an item at the bench" : "Choose an amount on the display";
      const where = wired.device === null || isChosenFirst ? "" : "at the bench do what a customer would, ";
      print(told`${first}, confirm it on the phone, ${where}and watch. Ctrl-C ends the demo.`);
      await ending;
    }
  } catch (error) {
    if (error instanceof CliError || error instanceof UsageError) throw error;
    throw new CliError(`The demo failed: ${reasonText(error)}`);
  } finally {
    await undoAll();
  }
}

/** A device at the far end of its wire, with a page to do things to it. */
async function wireDevice(
  folder: string,
  { simulator, onLines }: Kind,
  host: string,
  undo: (() => Promise<void>)[],
): Promise<typeof NOTHING_WIRED | (Wired & { what: string; benchUrl: string })> {
  const simulated = simulator ?? onLines;
  if (simulated === null) return NOTHING_WIRED;
  const wired = simulator === null ? onHeader(simulated as LineSimulator) : await atEnd(folder, simulator, undo);
  const { device } = wired;
  undo.push(() => device.close());
  const bench = await startBench({ host, port: 0 }, { [simulator?.name ?? device.kind]: device });
  undo.push(() => bench.close());
  return { ...wired, what: simulated.what, benchUrl: bench.url };
}

interface Wired {
  readonly port: string;
  readonly device: BenchDevice;
  /** In the place of the machine's own lines. */
  readonly gpio: Gpio | null;
}

async function atEnd(folder: string, simulator: AnySimulator, undo: (() => Promise<void>)[]): Promise<Wired> {
  const wired = isOnLine(simulator) ? await onLine(folder, simulator, undo) : await onNetwork(simulator);
  return { ...wired, gpio: null };
}

function onHeader(simulator: LineSimulator): Wired {
  const lines = new BenchLines();
  return { port: "", device: simulator.start(lines), gpio: lines };
}

async function onLine(
  folder: string,
  simulator: Simulator,
  undo: (() => Promise<void>)[],
): Promise<Omit<Wired, "gpio">> {
  const pty = await openPty(folder, simulator.name);
  undo.push(() => pty.unplug());
  return { port: pty.host, device: await startDevice(simulator, pty.device, HURRY) };
}

/** It comes to a port that was free a moment ago, until the daemon listens there. */
async function onNetwork(simulator: NetSimulator): Promise<Omit<Wired, "gpio">> {
  const server = createServer();
  await once(server.listen(LOOPBACK), "listening");
  const { host, port } = { ...LOOPBACK, port: (server.address() as AddressInfo).port };
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const address = `${host}:${port}`;
  return { port: address, device: simulator.call(simulator.urlAt(address), HURRY) };
}

/** The language of this machine's environment first. */
export function demoLocales({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): readonly string[] {
  const own = /^[a-z]+/.exec(LC_ALL || LC_MESSAGES || LANG || "")?.[0] ?? "";
  return [...new Set([LANGUAGES.includes(own) ? own : "en", "en", "sv", ...LANGUAGES])];
}

interface Parts {
  readonly provider: string;
  readonly payment: PaymentSimulator;
  readonly brokerUrl: string;
  readonly position: object;
  readonly address: DemoAddress;
}

function writeConfig(folder: string, { provider, payment, brokerUrl, position, address }: Parts): string {
  const secret = (name: string, value: string): string => {
    writeFileSync(join(folder, name), value, { mode: 0o600 });
    return name;
  };
  const { port, token } = address;
  const paid = payment.configuration(secret);
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const config = {
    kiosk: {
      ...{ id: "demo-1", name: "Demo station", currency: payment.currency, timezone: "Europe/Stockholm" },
      locales: demoLocales(process.env),
    },
    journal: { path: "journal.db" },
    payment: { provider, [provider]: paid.section },
    positions: [{ id: "1", ...paid.position, ...position }],
    display: {
      ...{ driver: "web", listen: `${host}:${port}`, required: false },
      ...(token === null ? {} : { tokenFile: secret("display", token) }),
    },
    mqtt: { url: brokerUrl },
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}
