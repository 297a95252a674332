import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Pems } from "../../../src/telemetry/broker-session.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { hasMosquitto, type Mosquitto, mosquitto } from "../../support/mosquitto.ts";
import { type Authority, authority, hasOpenssl, type Issued } from "./certificates.ts";
import { type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { entryOf, healthOf, settingsFor, viewOf } from "./samples.ts";

const OPERATOR = "user operator\ntopic readwrite kioskd/#\n";
const KIOSK = "user kiosk\ntopic write kioskd/demo-1/#\ntopic read kioskd/demo-1/cmd/+\n";
const WITHOUT_SALES = `${KIOSK}topic deny kioskd/demo-1/sales\n`;
const ACCOUNTS = { kiosk: "pump", operator: "desk" };

const isWhole = [hasMosquitto(), hasOpenssl()].every((isHere) => isHere);

describe.skipIf(!isWhole)("a guarded mosquitto", () => {
  let folder: string;
  let ours: Authority;
  let theirs: Authority;
  let server: Issued;
  let client: Issued;
  let broker: Mosquitto;
  let watcher: Watcher | null;
  let kiosk: Kiosk;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kioskd-certificates-"));
    [ours, theirs] = await Promise.all([authority(folder, "ours"), authority(folder, "theirs")]);
    [server, client] = await Promise.all([ours.issue("broker"), ours.issue("kiosk")]);
    return () => rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    watcher = null;
    broker = await guarded(server);
  });

  afterEach(async () => {
    await kiosk.telemetry.close();
    await watcher?.close();
    await broker.close();
  });

  async function guarded({ certPath, keyPath }: Issued): Promise<Mosquitto> {
    const files = { ca: ours.path, cert: certPath, key: keyPath };
    const started = await mosquitto(OPERATOR + KIOSK, { ...files, accounts: ACCOUNTS });
    await started.start();
    return started;
  }

  const settings = (...urls: string[]): MqttSettings => ({
    ...settingsFor(...urls),
    username: "kiosk",
    password: "pump",
    tls: () => ({ ca: ours.pem, cert: client.cert, key: client.key }),
  });

  async function watch(): Promise<Watcher> {
    const { cert, key } = client;
    watcher = new Watcher(broker.url, { username: "operator", password: "desk", ca: ours.pem, cert, key });
    await watcher.ready();
    return watcher;
  }

  const refused = (detail: RegExp): Promise<void> =>
    vi.waitFor(
      () => expect(kiosk.changes.at(-1)).toEqual({ connected: false, detail: expect.stringMatching(detail) }),
      SOON,
    );

  test("lets the kiosk in by certificate and password, and does what its list allows", async () => {
    const seen = await watch();
    kiosk = startKiosk(settings(broker.url));
    await kiosk.connected();
    expect(kiosk.changes.at(-1)?.detail).toContain("with MQTT 5");
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
    await seen.send("cmd/unblock", "{}");
    await vi.waitFor(() => expect(seen.on("cmd/unblock/reply")).toHaveLength(1), SOON);
    await kiosk.telemetry.close();
    await vi.waitFor(() => expect(seen.json("status").at(-1)).toEqual({ state: "offline", reason: "shutdown" }), SOON);
    expect(kiosk.refusals).toEqual([]);
    expect(JSON.stringify([kiosk.log, kiosk.changes])).not.toMatch(/pump|PRIVATE KEY/);
  });

  test.each<readonly [string, () => Partial<MqttSettings>, RegExp]>([
    [
      "an authority that did not sign the broker",
      () => tls({ ca: theirs.pem }),
      /nobody whom the kiosk trusts has signed .*: name its authority in mqtt.caFile/,
    ],
    ["no certificate of its own", () => tls({ cert: null, key: null }), /refuses the kiosk's certificate|closed|cut/],
    ["a wrong password", () => ({ password: "wrong" }), /not authorised: check mqtt.username/],
  ])("with %s there is no connection, and it says why", async (_what, changes, detail) => {
    kiosk = startKiosk({ ...settings(broker.url), ...changes() });
    await refused(detail);
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    expect(kiosk.changes.some(({ connected }) => connected)).toBe(false);
  });

  function tls(changes: Partial<Pems>): Partial<MqttSettings> {
    return { tls: () => ({ ...settings("").tls(), ...changes }) };
  }

  test.each<readonly [string, () => Promise<Issued>, RegExp]>([
    ["of another authority", () => theirs.issue("stranger"), /nobody whom the kiosk trusts .*mqtt\.caFile/],
    ["for another address", () => ours.issue("elsewhere", "127.0.0.2"), /is for another name: write that name into/],
    ["that has expired", () => ours.issue("old", "127.0.0.1", -1), /has expired: renew it, or check the kiosk's clock/],
  ])("a broker whose certificate is one %s is refused", async (_what, issue, detail) => {
    const stranger = await guarded(await issue());
    kiosk = startKiosk(settings(stranger.url));
    await refused(new RegExp(`^127\\.0\\.0\\.1:\\d+: .*${detail.source}`));
    await stranger.close();
  });

  test("what the list denies is told as refused, and taken back once it allows it", async () => {
    await broker.allow(OPERATOR + WITHOUT_SALES);
    kiosk = startKiosk(settings(broker.url));
    await kiosk.connected();
    await vi.waitFor(async () => expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false), SOON);
    await kiosk.telemetry.deliver("sales", entryOf(1));
    expect(kiosk.refusals).toEqual([expect.stringMatching(/^kioskd\/demo-1\/sales: not authorised: check /)]);
    expect(kiosk.log.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(kiosk.changes.at(-1)?.connected).toBe(true);
    await broker.allow(OPERATOR + KIOSK);
    await vi.waitFor(async () => expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true), SOON);
    expect(kiosk.refusals.at(-1)).toBeNull();
  });

  test("a denied state is sent again by itself once the list allows it", async () => {
    await broker.allow(`${OPERATOR}${KIOSK}topic deny kioskd/demo-1/faults\n`);
    const seen = await watch();
    kiosk = startKiosk(settings(broker.url));
    await kiosk.connected();
    kiosk.telemetry.publish(viewOf({}));
    await vi.waitFor(() => expect(kiosk.refusals).toHaveLength(1), SOON);
    await broker.allow(OPERATOR + KIOSK);
    await vi.waitFor(() => {
      kiosk.telemetry.report(healthOf({}));
      expect(kiosk.refusals.at(-1)).toBeNull();
    }, SOON);
    // Where the broker's word for one comes late, the state has been sent once more.
    await vi.waitFor(() => expect(seen.json("faults").length).toBeGreaterThan(0), SOON);
    expect(seen.json("faults")).toEqual(seen.json("faults").map(() => ({ faults: [] })));
  });

  test("several addresses are tried in turn, and the other one when the first is gone", async () => {
    const second = await guarded(server);
    kiosk = startKiosk(settings("mqtts://127.0.0.1:1", broker.url, second.url));
    await kiosk.connected();
    expect(kiosk.changes.map(({ detail }) => detail)).toEqual([
      "connecting",
      expect.stringContaining("127.0.0.1:1: "),
      expect.stringContaining(new URL(broker.url).host),
    ]);
    await broker.stop();
    await kiosk.connected(2);
    expect(kiosk.changes.at(-1)?.detail).toContain(new URL(second.url).host);
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(true);
    await kiosk.telemetry.close();
    await second.close();
  });
});
