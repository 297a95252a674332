import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { hasMosquitto, mosquitto, type RestartableBroker } from "../support/mosquitto.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

const MAIN = join(import.meta.dirname, "../../dist/main.js");

interface Message {
  readonly topic: string;
  readonly retain: boolean;
  readonly body: Record<string, unknown>;
}

interface Scene {
  readonly broker: RestartableBroker;
  readonly seqr: SeqrSimulator;
  readonly folder: string;
  readonly config: string;
}

/** `limits` are lines of the broker's configuration, `mqtt` is more of the kiosk's. */
async function scene(
  rate = "3000",
  limits: readonly string[] = [],
  mqtt: Record<string, unknown> = {},
): Promise<Scene> {
  const broker = await mosquitto(undefined, undefined, limits);
  atEnd(() => broker.close());
  await broker.start();
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  atEnd(() => seqr.close());
  const folder = tempFolder();
  const setup = { endpoint: seqr.endpoint, brokerUrl: broker.url, quantity: "1.000", rate, mqtt };
  return { broker, seqr, folder, config: writeConfig(folder, setup) };
}

/** An operator's eye: everything the kiosk says, in order. */
async function listen({ broker }: Scene, heard: Message[]): Promise<MqttClient> {
  const client = await connectAsync(broker.url);
  atEnd(() => client.endAsync(true));
  client.on("message", (topic, payload, { retain }) => {
    heard.push({ topic, retain, body: JSON.parse(payload.toString()) });
  });
  await client.subscribeAsync("kioskd/test-1/#", { qos: 1 });
  return client;
}

async function sell(stage: Scene, daemon: DaemonProcess): Promise<string> {
  const { saleId: before } = await daemon.until("the kiosk is ready", ({ available }) => available);
  expect(await daemon.post("select", { reserve: "100.00" })).toBe(202);
  await daemon.until("a code is shown", ({ qr, saleId }) => qr !== null && saleId !== before);
  const open = stage.seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
  stage.seqr.book.confirm(Date.now(), open?.reference ?? "");
  const { saleId } = await daemon.until("it is closed", ({ state }) => state === "closed");
  return saleId ?? "";
}

function sales(heard: readonly Message[]): Message["body"][] {
  return heard.filter(({ topic }) => topic === "kioskd/test-1/sales").map(({ body }) => body);
}

function statuses(heard: readonly Message[]): unknown[] {
  return heard
    .filter(({ topic }) => topic === "kioskd/test-1/status")
    .map(({ body: { state, reason } }) => reason ?? state);
}

describe.skipIf(!hasMosquitto())("the daemon and a real broker", SIDE_BY_SIDE, () => {
  it("tells of a sale: each state, the running meter, the record with its number", async () => {
    const stage = await scene();
    const heard: Message[] = [];
    await listen(stage, heard);
    const daemon = new DaemonProcess(stage.config);
    const saleId = await sell(stage, daemon);
    await eventually("the record arrives", () => sales(heard).length === 1);
    expect(sales(heard)).toMatchObject([
      { seq: 1, saleId, position: "1", outcome: "paid", quantity: "1.000", reserved: "100.00", charged: "19.89" },
    ]);
    const states = heard.filter(({ topic }) => topic.endsWith("/positions/1/state")).map(({ body }) => body["state"]);
    expect([...new Set(states)]).toEqual([
      "idle",
      "offering",
      "offered",
      "reserved",
      "dispensing",
      "settling",
      "closed",
    ]);
    expect(heard.find(({ topic }) => topic.endsWith("/meter"))?.body).toMatchObject({ saleId, unit: "L" });
    expect(JSON.stringify(heard)).not.toContain("SEQR.SE");
  });

  it("keeps to what the broker takes: what is too large is told, and keeps nothing else from arriving", async () => {
    const stage = await scene("3000", ["max_packet_size 900"], { discovery: true });
    const heard: Message[] = [];
    await listen(stage, heard);
    const daemon = new DaemonProcess(stage.config);
    const saleId = await sell(stage, daemon);
    await eventually("the record arrives", () => sales(heard).length === 1);
    expect(sales(heard)).toMatchObject([{ seq: 1, saleId, charged: "19.89" }]);
    const faults = (): unknown[] =>
      heard.filter(({ topic }) => topic === "kioskd/test-1/faults").flatMap(({ body }) => body["faults"]);
    await eventually("the fault is told", () => JSON.stringify(faults()).includes("broker-refuses"));
    expect(faults()).toContainEqual(
      expect.objectContaining({
        code: "broker-refuses",
        detail: expect.stringMatching(
          /^homeassistant\/device\/test-1\/config: it takes \d+ bytes and the broker takes 900: /,
        ),
      }),
    );
    expect(statuses(heard)).toEqual(["online"]);
  });

  it("tells of a refund that was made beside it, in a stream of its own", async () => {
    const stage = await scene();
    const heard: Message[] = [];
    await listen(stage, heard);
    const daemon = new DaemonProcess(stage.config);
    const saleId = await sell(stage, daemon);
    await promisify(execFile)(MAIN, ["refund", saleId, "--amount", "5.00", "--config", stage.config]);
    await sell(stage, daemon);
    const refunds = (): Message["body"][] =>
      heard.filter(({ topic }) => topic === "kioskd/test-1/refunds").map(({ body }) => body);
    await eventually("both steps arrive", () => refunds().length === 2);
    expect(refunds()).toMatchObject([
      { seq: 1, type: "asked", saleId, amountMinor: 500, currency: "SEK" },
      { seq: 2, type: "made", saleId, amountMinor: 500 },
    ]);
    expect(sales(heard).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it("leaves its will after a kill, and says goodbye when told to end", async () => {
    const stage = await scene();
    const heard: Message[] = [];
    await listen(stage, heard);
    for (const [signal, reason] of [
      ["SIGKILL", "lost"],
      ["SIGTERM", "shutdown"],
    ] as const) {
      const daemon = new DaemonProcess(stage.config);
      await eventually("it is online", () => statuses(heard).at(-1) === "online");
      await daemon.serving();
      await daemon.kill(signal);
      await eventually(`${signal} shows as ${reason}`, () => statuses(heard).at(-1) === reason);
    }
    const late: Message[] = [];
    await listen(stage, late);
    await eventually("the status is retained", () => statuses(late).at(-1) === "shutdown");
  });

  it("sells on when the broker is killed in the middle of a delivery, and delivers the record afterwards", async () => {
    const stage = await scene("20");
    const daemon = new DaemonProcess(stage.config);
    const selling = sell(stage, daemon);
    await daemon.until("it flows", ({ state }) => state === "dispensing");
    await stage.broker.stop();
    const saleId = await selling;
    const heard: Message[] = [];
    // Held until somebody listens, because records are not retained.
    daemon.child.kill("SIGSTOP");
    await stage.broker.start();
    await listen(stage, heard);
    daemon.child.kill("SIGCONT");
    await eventually("the record arrives", () => sales(heard).length > 0);
    expect(sales(heard)).toMatchObject([{ seq: 1, saleId, outcome: "paid", quantity: "1.000", charged: "19.89" }]);
    await daemon.kill("SIGTERM");
  });

  it("keeps selling while the broker is away, and delivers all of it afterwards, once and in order", async () => {
    const stage = await scene();
    const daemon = new DaemonProcess(stage.config);
    const ids = [await sell(stage, daemon)];
    await stage.broker.stop();
    ids.push(await sell(stage, daemon), await sell(stage, daemon));
    await daemon.kill("SIGKILL");
    const again = new DaemonProcess(stage.config);
    ids.push(await sell(stage, again));
    const heard: Message[] = [];
    // Held until somebody listens, because records are not retained.
    again.child.kill("SIGSTOP");
    await stage.broker.start();
    await listen(stage, heard);
    again.child.kill("SIGCONT");
    await eventually("all records arrive", () => sales(heard).length >= 3);
    const records = sales(heard);
    expect(records.slice(-3).map(({ seq, saleId }) => [seq, saleId])).toEqual([
      [2, ids[1]],
      [3, ids[2]],
      [4, ids[3]],
    ]);
    await again.kill("SIGTERM");
    const history = openHistory(join(stage.folder, "journal.db"));
    expect(history.latest(10, null).map(({ saleId }) => saleId)).toEqual(ids.toReversed());
    history.close();
  });
});
