import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect, type MqttClient } from "mqtt";
import { get } from "sparkplug-payload";
import { vi } from "vitest";
import type { HealthMessage } from "../../../src/core/operator/messages.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { LogFields } from "../../../src/ports/log.ts";
import type { Snapshot, Telemetry } from "../../../src/ports/telemetry.ts";
import { createSparkplug, type SparkplugSettings } from "../../../src/telemetry/sparkplug/sparkplug.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { positionView } from "../../support/views.ts";

export const SOON = { timeout: 10_000, interval: 10 };
export const NODE = "demo-1";
const GROUP = "fuel";
const HURRY = 3;

const payloads = get("spBv1.0");
if (payloads === null) throw new Error("no spBv1.0");
export const { encodePayload, decodePayload } = payloads;

export const FACTS = {
  group: GROUP,
  kioskId: NODE,
  kioskName: "Harbour 7",
  version: "1.2.3",
  currency: "SEK",
  positions: [
    { id: "1", productName: "Diesel", unit: "L" },
    { id: "2", productName: "Petrol 95", unit: "L" },
  ],
};

export const HEALTH: HealthMessage = {
  at: "2026-01-01T10:00:00.000Z",
  uptimeS: 60,
  residentBytes: 80_000_000,
  loopLagMs: 1.5,
  diskFreeBytes: 12_000_000_000,
  temperatureC: null,
  outbox: { sales: 1, refunds: 0, reconciliations: 0, unaccounted: 0 },
};

export function snapshot(view: Partial<PositionView> = {}, faults: Snapshot["faults"] = []): Snapshot {
  return { positions: [positionView(view), positionView({ id: "2" })], faults };
}

export interface Kiosk {
  readonly telemetry: Telemetry;
  readonly warnings: readonly { readonly fields: LogFields; readonly message: string }[];
  readonly refusals: readonly (string | null)[];
  /** Resolves when it is connected for the nth time. */
  connected(times?: number): Promise<void>;
}

function settingsFor(url: string): SparkplugSettings {
  const certificates = { tls: () => ({ ca: null, cert: null, key: null }), onTlsChange: () => () => {} };
  const clientId = `kioskd-${FACTS.kioskId}`;
  return { ...FACTS, ...certificates, urls: [url], clientId, username: null, password: null, keepaliveS: 30 };
}

export function startKiosk(url: string, clock: Clock = hurriedClock(HURRY)): Kiosk {
  const warnings: { fields: LogFields; message: string }[] = [];
  const warn = (fields: LogFields, message: string) => void warnings.push({ fields, message });
  const telemetry = createSparkplug(settingsFor(url), clock, { debug() {}, info() {}, warn, error: warn });
  let ups = 0;
  let isUp = false;
  telemetry.onConnection((connected) => {
    isUp = connected;
    if (connected) ups += 1;
  });
  const refusals: (string | null)[] = [];
  telemetry.onTrouble((_trouble, detail) => refusals.push(detail));
  telemetry.start();
  return {
    telemetry,
    warnings,
    refusals,
    connected: (times = 1) =>
      vi.waitFor(() => {
        if (ups < times || !isUp) throw new Error(`connected ${ups} times`);
      }, SOON),
  };
}

export interface Heard {
  readonly verb: string;
  readonly device: string | null;
  readonly qos: number;
  readonly retain: boolean;
  readonly seq: number | null;
  /** By name, with 64-bit numbers as numbers. */
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** A host that hears all of the group, decodes it with the package, and can order. */
export class Host {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;
  #subscribed = false;

  constructor(url: string) {
    this.#client = connect(url, { protocolVersion: 5, reconnectPeriod: 20, resubscribe: false });
    this.#client.on("error", () => {});
    this.#client.on("connect", () => {
      this.#client.subscribe(`spBv1.0/${GROUP}/#`, { qos: 1, rap: true }, (error) => {
        this.#subscribed = error === null;
      });
    });
    this.#client.on("close", () => {
      this.#subscribed = false;
    });
    this.#client.on("message", (topic, payload, { qos, retain }) => {
      const [, , verb = "", , device = null] = topic.split("/");
      if (verb.endsWith("CMD")) return;
      this.heard.push({ verb, device, qos, retain, payload, ...plain(decodePayload(payload)) });
    });
  }

  async ready(): Promise<void> {
    await vi.waitFor(() => {
      if (!this.#subscribed) throw new Error("the host is not subscribed");
    }, SOON);
  }

  of(verb: string): readonly Heard[] {
    return this.heard.filter((message) => message.verb === verb);
  }

  async order(topic: string, payload: Uint8Array, retain = false): Promise<void> {
    await this.#client.publishAsync(`spBv1.0/${GROUP}/${topic}`, Buffer.from(payload), { qos: 1, retain });
  }

  async rebirth(): Promise<void> {
    await this.order(`NCMD/${NODE}`, encodePayload({ timestamp: 1, metrics: [write("Node Control/Rebirth", true)] }));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

export function write(name: string, value: boolean) {
  return { name, value, type: "Boolean" } as const;
}

function plain({ seq, metrics }: ReturnType<typeof decodePayload>): Pick<Heard, "seq" | "metrics" | "types"> {
  const named = (metrics ?? []).map(({ name, value, type }) => [name ?? "", numeric(value), type] as const);
  return {
    seq: seq === undefined || seq === null ? null : Number(String(seq)),
    metrics: Object.fromEntries(named.map(([name, value]) => [name, value])),
    types: Object.fromEntries(named.map(([name, , type]) => [name, type])),
  };
}

function numeric(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Number(String(value)) : value;
}

/** A way to the broker that can be cut in both directions at once. */
export interface Cable {
  readonly url: string;
  cut(): void;
  close(): Promise<void>;
}

export async function cableTo(url: string): Promise<Cable> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTcp(Number(new URL(url).port), "127.0.0.1");
    for (const end of [near, far]) {
      ends.add(end);
      end.on("error", () => {});
      end.on("close", () => ends.delete(end));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const cut = (): void => {
    for (const end of ends) end.resetAndDestroy();
  };
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    cut,
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
