import { setTimeout as sleep } from "node:timers/promises";
import { connect, type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { vi } from "vitest";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Log, LogFields } from "../../../src/ports/log.ts";
import type { Telemetry } from "../../../src/ports/telemetry.ts";
import { type Broker, startBroker } from "../../../src/telemetry/broker/broker.ts";
import { createMqtt, type MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import type { TelemetryRig } from "../../contract/telemetry.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import type { RestartableBroker } from "../../support/mosquitto.ts";
import { entryOf, healthOf, settingsFor, viewOf } from "./samples.ts";

export const SOON = { timeout: 10_000, interval: 10 };
const UNBLOCK_REPLY = "cmd/unblock/reply";
const BASE = "kioskd/demo-1";
/** How much faster than the machine's time passes for the kiosk. */
export const HURRY = 3;
const RETAINED_WAIT_MS = 200;
/** The adapter, its log, and what it told about its connection. */
export interface Kiosk {
  readonly telemetry: Telemetry;
  readonly log: readonly LogLine[];
  readonly changes: readonly { readonly connected: boolean; readonly detail: string }[];
  /** What became of each command. */
  readonly commands: readonly (readonly [name: string, result: string])[];
  readonly refusals: readonly (string | null)[];
  /** Of the receiver of sales. */
  readonly silences: readonly (string | null)[];
  /** Resolves when it is connected for the nth time. */
  connected(times?: number): Promise<void>;
}

interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: LogFields;
  readonly message: string;
}

export function startKiosk(settings: MqttSettings, clock: Clock = hurriedClock(HURRY)): Kiosk {
  const commands: (readonly [name: string, result: string])[] = [];
  const lines: LogLine[] = [];
  const write = (level: LogLine["level"]) => (fields: LogFields, message: string) =>
    void lines.push({ level, fields, message });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const telemetry = createMqtt(settings, clock, log, (name, result) => commands.push([name, result]));
  const refusals: (string | null)[] = [];
  const silences: (string | null)[] = [];
  telemetry.onTrouble((trouble, detail) => (trouble === "receiver-silent" ? silences : refusals).push(detail));
  const changes: { connected: boolean; detail: string }[] = [];
  telemetry.onConnection((connected, detail) => changes.push({ connected, detail }));
  telemetry.start();
  return {
    telemetry,
    log: lines,
    changes,
    commands,
    refusals,
    silences,
    connected: (times = 1) =>
      vi.waitFor(() => {
        const seen = changes.filter((change) => change.connected).length;
        if (seen < times || changes.at(-1)?.connected !== true) throw new Error(`connected ${seen} times`);
      }, SOON),
  };
}

interface Message {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  readonly correlation: Buffer | null;
}

/** An operator's subscriber of everything, which comes back faster than the kiosk does. */
export class Watcher {
  readonly messages: Message[] = [];
  readonly #client: MqttClient;
  #subscribed = false;

  /** `options` for a broker that does not let everybody in. */
  constructor(url: string, options: IClientOptions = {}) {
    this.#client = connect(url, { reconnectPeriod: 20, resubscribe: false, ...options });
    this.#client.on("error", () => {});
    this.#client.on("connect", () => {
      this.#client.subscribe("#", { qos: 1 }, (error) => {
        this.#subscribed = error === null;
      });
    });
    this.#client.on("close", () => {
      this.#subscribed = false;
    });
    this.#client.on("message", (topic, payload, packet) => {
      this.messages.push({ topic, text: payload.toString(), ...factsOf(packet) });
    });
  }

  async ready(): Promise<void> {
    await vi.waitFor(() => {
      if (!this.#subscribed) throw new Error("the watcher is not subscribed");
    }, SOON);
  }

  on(topic: string): readonly string[] {
    return this.messages.filter((message) => message.topic === `${BASE}/${topic}`).map((message) => message.text);
  }

  json(topic: string): readonly Record<string, unknown>[] {
    return this.on(topic).map((text) => JSON.parse(text));
  }

  async send(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}): Promise<void> {
    await this.#client.publishAsync(`${BASE}/${topic}`, payload, { qos: 1, ...options });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

function factsOf({ retain, properties }: IPublishPacket): Pick<Message, "retained" | "correlation"> {
  return { retained: retain, correlation: properties?.correlationData ?? null };
}

/** What a subscriber gets who comes now: the retained message of a topic, or null when none comes. */
export async function retained(url: string, topic: string): Promise<Record<string, unknown> | null> {
  const watcher = new Watcher(url);
  try {
    await watcher.ready();
    const endMs = performance.now() + RETAINED_WAIT_MS;
    while (performance.now() < endMs) {
      const found = watcher.messages.find((message) => message.retained && message.topic === `${BASE}/${topic}`);
      if (found !== undefined) return JSON.parse(found.text);
      await sleep(5);
    }
    return null;
  } finally {
    await watcher.close();
  }
}

/** The embedded broker on one port through its restarts. */
export async function embedded(): Promise<RestartableBroker> {
  const first = await startBroker({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(first.url).port);
  await first.close();
  let broker: Broker | null = null;
  const stop = async (): Promise<void> => {
    await broker?.close();
    broker = null;
  };
  return {
    url: first.url,
    start: async () => {
      broker = await startBroker({ host: "127.0.0.1", port });
    },
    stop,
    close: stop,
  };
}

export async function contractRig(make: () => Promise<RestartableBroker>): Promise<TelemetryRig> {
  const broker = await make();
  const watcher = new Watcher(broker.url);
  return {
    connect: () => startKiosk(settingsFor(broker.url)).telemetry,
    up: async () => {
      await broker.start();
      await watcher.ready();
    },
    down: () => broker.stop(),
    arrived: () => watcher.on("sales").map((text): number => JSON.parse(text).seq),
    stateOf: async (position) => {
      const state = (await retained(broker.url, `positions/${position}/state`))?.["state"];
      return typeof state === "string" ? state : null;
    },
    order: async (position) => {
      const seen = watcher.on(UNBLOCK_REPLY).length;
      await watcher.send("cmd/unblock", JSON.stringify({ position }));
      return vi.waitFor(() => {
        const text = watcher.on(UNBLOCK_REPLY)[seen];
        if (text === undefined) throw new Error("no answer yet");
        return JSON.parse(text);
      }, SOON);
    },
    sampleHealth: healthOf({}),
    deliverTimeoutMs: settingsFor(broker.url).deliverTimeoutMs,
    sampleEntry: entryOf,
    sampleView: (state) => viewOf({ state }),
    close: async () => {
      await watcher.close();
      await broker.close();
    },
  };
}
