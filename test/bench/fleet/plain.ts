import { connect, type MqttClient } from "mqtt";
import { KINDS, type Kind, kioskName, type LoadSetup } from "./protocol.ts";

const STATUS_BYTES = 80;

export interface PlainClient {
  readonly sold: number;
  quiet(): void;
}

/** The package with its own defaults and nothing around it, publishing as much as a kiosk does. */
export function startPlainClient(number: number, { url, topicPrefix, sells, traffic }: LoadSetup): PlainClient {
  const base = `${topicPrefix}/${kioskName(number)}`;
  const status = (state: string): string =>
    JSON.stringify({ state, version: "0.0.0", since: new Date().toISOString() }).padEnd(STATUS_BYTES);
  const client: MqttClient = connect(url, {
    clientId: `plain-${number}`,
    protocolVersion: 5,
    will: { topic: `${base}/status`, payload: Buffer.from(status("offline")), qos: 1, retain: true },
  });
  const timers = new Map<Kind, NodeJS.Timeout>();
  let seq = 0;
  client.on("connect", () => client.publish(`${base}/status`, status("online"), { qos: 1, retain: true }));
  client.on("error", () => {});

  const publish: Readonly<Record<Kind, () => void>> = {
    state: () => client.publish(`${base}/positions/1/state`, "s".repeat(traffic.state.bytes), { qos: 1, retain: true }),
    meter: () => client.publish(`${base}/positions/1/meter`, "m".repeat(traffic.meter.bytes)),
    sales: () => {
      const record = { seq: ++seq, closedAt: new Date().toISOString(), rest: "" };
      const rest = "r".repeat(Math.max(0, traffic.sales.bytes - JSON.stringify(record).length));
      client.publish(`${base}/sales`, JSON.stringify({ ...record, rest }), { qos: 1 });
    },
  };
  const again = (kind: Kind, dueMs: number): void => {
    const run = (): void => {
      again(kind, dueMs + 1_000 / traffic[kind].perSecond);
      publish[kind]();
    };
    timers.set(kind, setTimeout(run, dueMs - performance.now()));
  };
  for (const kind of KINDS) {
    if (sells && traffic[kind].perSecond > 0)
      again(kind, performance.now() + (Math.random() * 1_000) / traffic[kind].perSecond);
  }
  return {
    get sold() {
      return seq;
    },
    quiet: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
