import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { hasMosquitto, mosquitto } from "../support/mosquitto.ts";
import { tempFolder } from "../support/temp.ts";

const BASE = "kioskd/test-1";
const REPLIES = "kioskd-answers/test-1/operator";

/** An operator who orders and waits for the answer to that very order. */
async function operatorAt(url: string): Promise<(name: string, body: object) => Promise<unknown>> {
  const client: MqttClient = await connectAsync(url, { protocolVersion: 5 });
  onTestFinished(() => client.endAsync(true));
  const answers = new Map<string, unknown>();
  client.on("message", (_topic, payload, { properties }) => {
    answers.set(String(properties?.correlationData), JSON.parse(payload.toString()));
  });
  await client.subscribeAsync(REPLIES, { qos: 1 });
  let count = 0;
  return async (name, body) => {
    const correlation = `order ${++count}`;
    const properties = { responseTopic: REPLIES, correlationData: Buffer.from(correlation) };
    await client.publishAsync(`${BASE}/cmd/${name}`, JSON.stringify(body), { qos: 1, properties });
    await eventually(`${name} is answered`, () => answers.has(correlation));
    return answers.get(correlation);
  };
}

async function faultsOf(daemon: DaemonProcess): Promise<readonly string[]> {
  const answer = await fetch(`${await daemon.serving()}/api/state`);
  const { positions } = (await answer.json()) as { positions: { faults: { code: string }[] }[] };
  return positions.flatMap(({ faults }) => faults.map(({ code }) => code));
}

describe.skipIf(!hasMosquitto())("a daemon with a broker", () => {
  it("is blocked from afar, stays so over a kill, and is unblocked", async () => {
    const broker = await mosquitto();
    onTestFinished(() => broker.close());
    await broker.start();
    const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => seqr.close());
    const config = writeConfig(tempFolder(), { endpoint: seqr.endpoint, brokerUrl: broker.url });
    const first = new DaemonProcess(config);
    await first.until("the kiosk is ready", ({ available }) => available);
    const order = await operatorAt(broker.url);
    const ok = (command: string) => ({ command, id: null, ok: true });

    expect(await order("set-price", { position: "1", unitPrice: "1.00" })).toMatchObject({ refusal: "not-allowed" });
    expect(await order("stop", { position: "1" })).toMatchObject({ refusal: "conflict" });
    expect(await order("block", { position: "1", reason: "leaks" })).toEqual(ok("block"));
    expect(await first.post("select", { reserve: "100.00" })).toBe(409);
    await first.kill("SIGKILL");

    const second = new DaemonProcess(config);
    await second.until("it is blocked again", ({ message }) => message === "out-of-service");
    await eventually(
      "the daemon hears the broker",
      async () => !(await faultsOf(second)).includes("broker-unreachable"),
    );
    expect(await order("unblock", { position: "1" })).toEqual(ok("unblock"));
    await second.until("it sells again", ({ available }) => available);
  });

  it("carries out what was ordered while it was away", async () => {
    const broker = await mosquitto();
    onTestFinished(() => broker.close());
    await broker.start();
    const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => seqr.close());
    const surroundings = { endpoint: seqr.endpoint, brokerUrl: broker.url, sessionExpiry: "1h" };
    const config = writeConfig(tempFolder(), surroundings);
    const first = new DaemonProcess(config);
    await eventually(
      "the daemon hears the broker",
      async () => !(await faultsOf(first)).includes("broker-unreachable"),
    );
    await first.kill("SIGKILL");
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    onTestFinished(() => client.endAsync(true));
    await client.publishAsync(`${BASE}/cmd/block`, JSON.stringify({ position: "1", reason: "leaks" }), { qos: 1 });
    const second = new DaemonProcess(config);
    await second.until("it is blocked", ({ message }) => message === "out-of-service");
    expect(await faultsOf(second)).toContain("operator-block");
  });
});
