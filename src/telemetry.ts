import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Loaded } from "./config/load.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { Observer } from "./ports/metrics.ts";
import type { Telemetry } from "./ports/telemetry.ts";

const DELIVER_TIMEOUT_MS = 10_000;

/** The ways to the operator that the configuration names. */
export async function openTelemetry(
  loaded: Loaded,
  { clock, log, observer }: { clock: Clock; log: Log; observer: Observer },
): Promise<Telemetry> {
  const { config, file, secrets } = loaded;
  const { mqtt, kiosk } = config;
  if (mqtt === undefined) {
    const { noTelemetry } = await import("./adapters/telemetry/none/none.ts");
    return noTelemetry();
  }
  const { createMqtt } = await import("./adapters/telemetry/mqtt/mqtt.ts");
  const { version } = await import("./cli/version.ts");
  const pem = (name: string | undefined): string | null =>
    name === undefined ? null : readFileSync(resolve(dirname(file), name), "utf8");
  const common = {
    urls: mqtt.url,
    clientId: `kioskd-${kiosk.id}`,
    username: mqtt.username ?? null,
    password: secrets.mqttPassword,
    tls: { ca: pem(mqtt.caFile), cert: pem(mqtt.certFile), key: secrets.mqttKey },
    keepaliveS: Math.round(mqtt.keepalive / 1_000),
    sessionExpiryS: Math.round(mqtt.sessionExpiry / 1_000),
    kioskId: kiosk.id,
    kioskName: kiosk.name,
    currency: kiosk.currency,
    version,
    positions: config.positions.map(({ id, product }) => ({ id, productName: product.name, unit: product.unit })),
  };
  const json = createMqtt(
    {
      ...common,
      topicPrefix: mqtt.topicPrefix,
      deliverTimeoutMs: DELIVER_TIMEOUT_MS,
      applicationAck: mqtt.applicationAck,
      discoveryPrefix: mqtt.discovery ? mqtt.discoveryPrefix : null,
      publishesStates: mqtt.encoding !== "sparkplug",
    },
    clock,
    log,
    (name, result) => observer.commanded(name, result),
  );
  if (mqtt.encoding === "json") return json;
  const { createSparkplug } = await import("./adapters/telemetry/sparkplug/sparkplug.ts");
  return beside(json, createSparkplug({ ...common, group: mqtt.sparkplugGroup }, clock, log));
}

/** Sparkplug shows states; it has no acknowledged delivery and no orders, which stay with the first one. */
function beside(json: Telemetry, sparkplug: Telemetry): Telemetry {
  return {
    start: () => {
      json.start();
      sparkplug.start();
    },
    publish: (snapshot) => {
      json.publish(snapshot);
      sparkplug.publish(snapshot);
    },
    report: (health) => {
      json.report(health);
      sparkplug.report(health);
    },
    deliver: (stream, entry) => json.deliver(stream, entry),
    onOrder: (take) => json.onOrder(take),
    onConnection: (listener) => json.onConnection(listener),
    onRefusal: (listener) => json.onRefusal(listener),
    close: async () => {
      await Promise.all([json.close(), sparkplug.close()]);
    },
  };
}
