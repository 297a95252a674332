import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RPCClient } from "ocpp-rpc";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { newBooks, parseBooks } from "../../../src/devices/ocpp/books.ts";
import { ocpp } from "../../../src/devices/ocpp/config.ts";
import { OcppConnector } from "../../../src/devices/ocpp/driver.ts";
import { open } from "../../../src/devices/ocpp/open.ts";
import { type ServerSettings, StationServer } from "../../../src/devices/ocpp/server.ts";
import type { ChargerOptions } from "../../../src/devices/ocpp/simulator/charger.ts";
import { type Access, startCharger } from "../../../src/devices/ocpp/simulator/socket.ts";
import { Station } from "../../../src/devices/ocpp/station.ts";
import { fileStore, RegisterFile } from "../../../src/devices/parts/register-file.ts";
import type { TlsPair } from "../../../src/platform/certificates/pair.ts";
import type { WatchedFiles } from "../../../src/platform/certificates/watch-files.ts";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import type { Log } from "../../../src/ports/log.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { needs } from "../../support/components.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { freePort } from "../../support/ports.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";
import { SETTINGS } from "./rig.ts";

knowEachTest();

const HURRY = 10;
const KEY = "0123456789ABCDEF0123";
const clock = hurriedClock(HURRY);

interface Rig {
  readonly url: string;
  readonly drivers: readonly OcppConnector[];
  readonly events: readonly DispenserEvent[];
  until(isSo: () => boolean, what: string): Promise<void>;
}

interface Options {
  readonly server?: Partial<ServerSettings>;
  readonly password?: string | null;
  readonly connectors?: readonly number[];
}

/** A server on a real port with a driver for each connector of one charger, all in hurried time. */
async function rigOf({ server = {}, password = null, connectors = [1] }: Options = {}): Promise<Rig> {
  const folder = tempFolder();
  const settings = { host: "127.0.0.1", port: 0, tls: null, isLenient: false, ...server };
  const stations = new StationServer(settings, clock, SILENT);
  let number = 0;
  const make = () => {
    const setup = { sampleMs: SETTINGS.sampleMs, connectionTimeoutMs: 60_000, setByHand: [] };
    return new Station("charger-1", setup, clock, SILENT, () => `q-${++number}`);
  };
  const events: DispenserEvent[] = [];
  const drivers: OcppConnector[] = [];
  for (const connector of connectors) {
    const station = stations.station("charger-1", password, make);
    const store = fileStore(join(folder, `meter-${connector}`));
    const register = await RegisterFile.open(store, newBooks(7), parseBooks);
    const newTag = () => (++number).toString(16).toUpperCase().padStart(20, "B");
    const parts = { station, register, newTag, heartbeat: null, clock, log: SILENT };
    const driver = new OcppConnector({ ...SETTINGS, connector }, parts);
    driver.listen((event) => events.push(event));
    drivers.push(driver);
  }
  await stations.listen();
  atEnd(async () => {
    for (const driver of drivers) await driver.close();
    await stations.close();
  });
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const overMs = clock.monotonicMs() + 600_000;
    while (!isSo()) {
      if (clock.monotonicMs() > overMs) throw new Error(`never: ${what}; ${JSON.stringify(events.slice(-3))}`);
      await new Promise<void>((resolve) => {
        clock.after(200, resolve);
      });
    }
  };
  return { url: `ws://127.0.0.1:${stations.port}/any/path/charger-1`, drivers, events, until };
}

function charger(access: Access, options: ChargerOptions = {}) {
  const device = startCharger(access, { carPowerW: 11_000 * HURRY, ...options });
  atEnd(() => device.close());
  return device;
}

function isWell({ events }: Rig): () => boolean {
  return () => events.at(-1)?.type === "fault-cleared";
}

/** One delivery through the socket, ended at the plug. */
async function sellOne(rig: Rig, device: ReturnType<typeof charger>): Promise<void> {
  const [driver] = rig.drivers;
  await rig.until(isWell(rig), "it is ready");
  device.act("plug-in");
  expect(await driver?.arm(5_000)).toMatchObject({ kind: "done" });
  await rig.until(() => device.releasedBase() > 100, "it charges");
  device.act("unplug");
  await rig.until(() => rig.events.some(({ type }) => type === "finished"), "the end");
  expect(await driver?.totaliser()).toEqual({ kind: "done", value: device.releasedBase() });
}

/** The status of the answer to a knock; 101 when it was let in. */
async function knock(url: string, protocols: string[], headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url, protocols, { headers });
  atEnd(() => socket.terminate());
  return await new Promise((resolve) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode));
    socket.on("error", () => undefined);
  });
}

function basic(name: string, password: string | Buffer): Record<string, string> {
  const credentials = Buffer.concat([Buffer.from(`${name}:`), Buffer.from(password)]).toString("base64");
  return { Authorization: `Basic ${credentials}` };
}

const hasOpenssl = needs("openssl", "/usr/bin/openssl");

function pair(): TlsPair {
  const folder = tempFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...what, ...name, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

/** Files that change when they are told to. */
function watched(first: TlsPair): WatchedFiles<TlsPair> & { change(next: TlsPair): void } {
  let take: (next: TlsPair) => void = () => {};
  return {
    first,
    follow: (taken) => {
      take = taken;
    },
    close: () => {},
    change: (next) => take(next),
  };
}

describe("who is let in", { concurrent: true }, () => {
  it.each<[string, string, string, string[], Record<string, string>, number]>([
    ["the charger by its password", KEY, "", ["ocpp1.6"], basic("charger-1", KEY), 101],
    [
      "the charger by the octets of a password in hex",
      KEY,
      "",
      ["ocpp1.6"],
      basic("charger-1", Buffer.from(KEY, "hex")),
      101,
    ],
    [
      "the charger that writes it in hex",
      "secret of a charger",
      "",
      ["ocpp1.6"],
      basic("charger-1", Buffer.from("secret of a charger").toString("hex")),
      101,
    ],
    ["the charger with a slash behind its name", KEY, "/", ["ocpp1.6"], basic("charger-1", KEY), 101],
    ["the charger that speaks other things too", KEY, "", ["ocpp2.0.1", "ocpp1.6"], basic("charger-1", KEY), 101],
    ["nobody with a wrong password", KEY, "", ["ocpp1.6"], basic("charger-1", `${KEY}0`), 401],
    ["nobody without one", KEY, "", ["ocpp1.6"], {}, 401],
    ["nobody under another name", KEY, "", ["ocpp1.6"], basic("charger-2", KEY), 401],
    ["nobody for another charger", KEY, "/charger-2", ["ocpp1.6"], basic("charger-2", KEY), 404],
    ["nobody who speaks something else", KEY, "", ["ocpp2.0.1"], basic("charger-1", KEY), 400],
    ["nobody who says nothing of it", KEY, "", [], basic("charger-1", KEY), 400],
  ])("%s", async (_, password, more, protocols, headers, status) => {
    const rig = await rigOf({ password });
    expect(await knock(`${rig.url}${more}`, protocols, headers)).toBe(status);
  });

  it("the newer connection of one charger: the older one is closed", async () => {
    const rig = await rigOf();
    const first = new WebSocket(rig.url, ["ocpp1.6"]);
    await once(first, "open");
    const closed = once(first, "close");
    expect(await knock(rig.url, ["ocpp1.6"])).toBe(101);
    await closed;
  });
});

describe("a sale over a real socket", { concurrent: true }, () => {
  it("with a charger that names no subprotocol, where that is allowed", async () => {
    const rig = await rigOf({ server: { isLenient: true } });
    await sellOne(rig, charger({ url: rig.url }, { quirks: ["no-subprotocol"] }));
  });

  it.skipIf(!hasOpenssl)("over TLS, by name and password", async () => {
    const tls = pair();
    const rig = await rigOf({ server: { tls: watched(tls) }, password: KEY });
    const url = rig.url.replace("ws://", `wss://charger-1:${KEY}@`);
    await sellOne(rig, charger({ url, ca: tls.cert }));
  });

  it.skipIf(!hasOpenssl)("over TLS, under a certificate that was renewed while another charger was there", async () => {
    const [old, renewed] = [pair(), pair()];
    const files = watched(old);
    const rig = await rigOf({ server: { tls: files }, password: KEY });
    const url = rig.url.replace("ws://", "wss://");
    const headers = basic("charger-1", KEY);
    const first = new WebSocket(url, ["ocpp1.6"], { headers, ca: old.cert });
    await once(first, "open");
    expect(() => files.change({ cert: renewed.cert, key: old.key })).toThrow("the key is of another certificate");
    files.change(renewed);
    expect(first.readyState).toBe(WebSocket.OPEN);
    const [refused] = await once(new WebSocket(url, ["ocpp1.6"], { headers, ca: old.cert }), "error");
    expect(String(refused)).toMatch(/self-signed|verify/);
    await sellOne(rig, charger({ url: url.replace("wss://", `wss://charger-1:${KEY}@`), ca: renewed.cert }));
  });

  it.skipIf(!hasOpenssl)("over TLS, under a certificate whose files were renewed after it was opened", async () => {
    const folder = tempFolder();
    const write = ({ cert, key }: TlsPair): void => {
      writeFileSync(join(folder, "cert.pem"), cert);
      writeFileSync(join(folder, "key.pem"), key);
    };
    const [old, renewed] = [pair(), pair()];
    write(old);
    const port = await freePort();
    const keys = { driver: "ocpp", listen: `127.0.0.1:${port}`, identity: "charger-1", withoutPassword: true };
    const site = {
      ...{ currency: "EUR", unit: "kWh" as const, unitPrice: "0.45", clock: hurriedClock(200), log: SILENT },
      base: Number,
      file: (kind: string) => join(folder, kind),
      path: (name: string) => join(folder, name),
      secret: (name: string) => readFileSync(join(folder, name), "utf8"),
      gpio: () => Promise.reject(new Error("no lines")),
      line: async <T extends { close(): Promise<void> }>(_: string, make: (log: Log) => T): Promise<T> => {
        const made = make(SILENT);
        atEnd(() => made.close());
        return made;
      },
    } as const;
    const driver = await open(ocpp.schema.parse({ ...keys, certFile: "cert.pem", keyFile: "key.pem" }), site);
    atEnd(() => driver.close());
    const comes = async ({ cert }: TlsPair): Promise<boolean> => {
      const socket = new WebSocket(`wss://127.0.0.1:${port}/charger-1`, ["ocpp1.6"], { ca: cert });
      atEnd(() => socket.terminate());
      return await new Promise((resolve) => {
        socket.on("open", () => resolve(true));
        socket.on("error", () => resolve(false));
      });
    };
    expect([await comes(old), await comes(renewed)]).toEqual([true, false]);
    write(renewed);
    await expect.poll(() => comes(renewed), { timeout: 30_000 }).toBe(true);
    expect(await comes(old)).toBe(false);
  });
});

/** Another's charger, which checks what it hears and says by the OCA's schemas. */
async function judge(url: string, password?: string) {
  // Everything else has a default, of which its types do not know.
  const options = {
    ...{ endpoint: url.replace(/\/charger-1$/, ""), identity: "charger-1", protocols: ["ocpp1.6"], strictMode: true },
    ...(password === undefined ? {} : { password }),
  } as ConstructorParameters<typeof RPCClient>[0];
  const client = new RPCClient(options);
  atEnd(() => client.close({ force: true }));
  const invalid: unknown[] = [];
  const asked: string[] = [];
  client.on("strictValidationFailure", (failure) => invalid.push(failure));
  const keys = new Map<string, string>([["LocalPreAuthorize", "true"]]);
  const started: { connectorId: number; idTag: string }[] = [];
  const stopped: number[] = [];
  const on = (action: string, answer: (params: Record<string, unknown>) => object): void => {
    client.handle(action, async ({ params = {} }) => answer(params));
  };
  on("GetConfiguration", () => ({
    configurationKey: [...keys].map(([key, value]) => ({ key, readonly: false, value })),
  }));
  on("ChangeConfiguration", (params) => {
    asked.push("ChangeConfiguration");
    keys.set(String(params["key"]), String(params["value"]));
    return { status: "Accepted" };
  });
  on("RemoteStartTransaction", (params) => {
    started.push({ connectorId: Number(params["connectorId"]), idTag: String(params["idTag"]) });
    return { status: "Accepted" };
  });
  on("RemoteStopTransaction", (params) => {
    stopped.push(Number(params["transactionId"]));
    return { status: "Accepted" };
  });
  for (const action of ["TriggerMessage", "SetChargingProfile", "ChangeAvailability", "Reset"]) {
    on(action, () => {
      asked.push(action);
      return { status: "Accepted" };
    });
  }
  await client.connect();
  return { client, invalid, asked, started, stopped, keys };
}

describe("a charger of others, strict by the OCA's schemas", () => {
  it("finds every frame of a sale valid: set up, begun, lowered, stopped, restarted, with a second connector beside", async () => {
    const rig = await rigOf({ password: KEY, connectors: [1, 2] });
    const { client, invalid, asked, started, stopped, keys } = await judge(rig.url, KEY);
    const now = () => new Date().toISOString();
    const boot = { chargePointVendor: "Others", chargePointModel: "Strict" };
    expect(await client.call("BootNotification", boot)).toMatchObject({ status: "Accepted" });
    for (const connectorId of [0, 1, 2]) {
      const status = connectorId === 0 ? "Available" : "Preparing";
      await client.call("StatusNotification", { connectorId, errorCode: "NoError", status, timestamp: now() });
    }
    expect(await client.call("Heartbeat", {})).toHaveProperty("currentTime");
    const both = () => rig.events.filter(({ type }) => type === "fault-cleared").length >= 2;
    await rig.until(both, "both are ready");
    expect(keys.get("LocalPreAuthorize")).toBe("false");

    const [first, second] = rig.drivers;
    const armed = [first?.arm(400), second?.arm(400)];
    await rig.until(() => started.length === 2, "both are told to begin");
    const ids: number[] = [];
    for (const { connectorId, idTag } of started) {
      expect(await client.call("Authorize", { idTag })).toMatchObject({ idTagInfo: { status: "Accepted" } });
      const message = { connectorId, idTag, meterStart: 1_000 * connectorId, timestamp: now() };
      const answer = await client.call("StartTransaction", message);
      expect(answer).toMatchObject({ idTagInfo: { status: "Accepted" } });
      expect(await client.call("StartTransaction", message)).toEqual(answer);
      ids.push((answer as { transactionId: number }).transactionId);
    }
    expect(await Promise.all(armed)).toMatchObject([{ kind: "done" }, { kind: "done" }]);
    expect(new Set(ids).size).toBe(2);
    expect(await client.call("Authorize", { idTag: "A-CARD" })).toMatchObject({ idTagInfo: { status: "Invalid" } });

    let wh = 0;
    while (stopped.length < 2 && wh < 400) {
      wh += 15;
      for (const [at, { connectorId }] of started.entries()) {
        const sampledValue = [
          { value: String(1_000 * connectorId + wh), unit: "Wh" },
          { value: "11000", measurand: "Power.Active.Import", unit: "W" },
        ];
        const meterValue = [{ timestamp: now(), sampledValue }];
        await client.call("MeterValues", { connectorId, transactionId: ids[at], meterValue });
      }
      await new Promise<void>((resolve) => {
        clock.after(5_000, resolve);
      });
    }
    expect(new Set(stopped)).toEqual(new Set(ids));
    expect(asked).toContain("SetChargingProfile");
    for (const [at, { connectorId, idTag }] of started.entries()) {
      const meterStop = 1_001 * connectorId + wh;
      const ending = { transactionId: ids[at], idTag, meterStop, timestamp: now() };
      expect(await client.call("StopTransaction", { ...ending, reason: "Remote" })).toEqual({});
    }
    expect(await first?.totaliser()).toEqual({ kind: "done", value: wh + 1 });
    expect(await second?.totaliser()).toEqual({ kind: "done", value: wh + 2 });
    const foreign = await client.call("StartTransaction", {
      connectorId: 1,
      idTag: "A-CARD",
      meterStart: 9,
      timestamp: now(),
    });
    expect(foreign).toMatchObject({ idTagInfo: { status: "Invalid" } });
    const charging = { connectorId: 1, errorCode: "NoError", status: "Charging", timestamp: now() };
    await client.call("StatusNotification", charging);
    await rig.until(() => asked.includes("Reset"), "what does not stop is restarted");
    expect(asked).toContain("ChangeAvailability");
    expect(await client.call("DataTransfer", { vendorId: "x" })).toMatchObject({ status: "UnknownVendorId" });
    await expect(client.call("FirmwareStatusNotification", { status: "Idle" })).resolves.toEqual({});
    expect(invalid).toEqual([]);
    await client.call("StopTransaction", {
      ...{ transactionId: (foreign as { transactionId: number }).transactionId, meterStop: 9, timestamp: now() },
    });
  });
});
