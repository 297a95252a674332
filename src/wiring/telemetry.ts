import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { Loaded } from "../config/load.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { readPem, watchFiles } from "../platform/certificates/watch-files.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Observer } from "../ports/metrics.ts";
import type { Telemetry, TelemetryTrouble } from "../ports/telemetry.ts";
import type { BrokerSettings, Pems } from "../telemetry/broker-session.ts";

const DELIVER_TIMEOUT_MS = 10_000;

/** The ways to the operator that the configuration names. */
export async function openTelemetry(
  loaded: Loaded,
  { clock, log, observer }: { clock: Clock; log: Log; observer: Observer },
): Promise<Telemetry> {
  const { config, file, secrets } = loaded;
  const { mqtt, kiosk } = config;
  if (mqtt === undefined) {
    const { noTelemetry } = await import("../telemetry/none/none.ts");
    return noTelemetry();
  }
  const { createMqtt } = await import("../telemetry/mqtt/mqtt.ts");
  const { deviceName } = await import("../telemetry/mqtt/addresses.ts");
  const { version } = await import("../platform/version.ts");
  const device = deviceName(mqtt.topicPrefix, kiosk.id);
  const common = {
    urls: mqtt.url,
    clientId: `kioskd-${device}`,
    username: mqtt.username ?? null,
    password: secrets.at(["mqtt", "passwordFile"]),
    ...certificates(file, mqtt, clock, log),
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
      device,
      topicPrefix: mqtt.topicPrefix,
      deliverTimeoutMs: DELIVER_TIMEOUT_MS,
      applicationAck: mqtt.applicationAck,
      discovery: mqtt.discovery,
      discoveryPrefix: mqtt.discoveryPrefix,
      publishesStates: mqtt.encoding !== "sparkplug",
    },
    clock,
    log,
    (name, result) => observer.commanded(name, result),
  );
  if (mqtt.encoding === "json") return json;
  const { createSparkplug } = await import("../telemetry/sparkplug/sparkplug.ts");
  return beside(json, createSparkplug({ ...common, group: mqtt.sparkplugGroup }, clock, log));
}

/**
 * The files of the connection to the broker. What is read once is used until they change; a pair that does not fit, as
 * while only one of two is exchanged, is waited out.
 * @throws when they cannot be read now
 */
function certificates(
  configFile: string,
  names: Partial<Readonly<Record<"caFile" | "certFile" | "keyFile", string | undefined>>>,
  clock: Clock,
  log: Log,
): Pick<BrokerSettings, "tls" | "onTlsChange"> {
  const path = (name: string | undefined): string | null =>
    name === undefined ? null : resolve(dirname(configFile), name);
  const paths = { ca: path(names.caFile), cert: path(names.certFile) };
  const key = names.keyFile === undefined ? null : secretPath(configFile, names.keyFile);
  const read = (): Pems => {
    const text = (name: string | null): string | null => (name === null ? null : readPem(name));
    return { ca: text(paths.ca), cert: text(paths.cert), key: key === null ? null : readSecret(key) };
  };
  read();
  const watched = [paths.ca, paths.cert, key].filter((each) => each !== null);
  return {
    tls: read,
    onTlsChange: (changed) => {
      if (watched.length === 0) return () => {};
      const files = watchFiles(watched, read, clock);
      files.follow(
        (pems) => {
          createSecureContext(Object.fromEntries(Object.entries(pems).filter(([, pem]) => pem !== null)));
          log.info({ files: watched }, "the certificates for the broker have changed");
          changed();
        },
        (reason) => log.warn({ reason, files: watched }, "the new certificates for the broker cannot be used"),
      );
      return () => files.close();
    },
  };
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
    onTrouble: (listener) => {
      const [ofJson, ofSparkplug] = [new Map<TelemetryTrouble, string>(), new Map<TelemetryTrouble, string>()];
      const from = (telemetry: Telemetry, known: Map<TelemetryTrouble, string>): void =>
        telemetry.onTrouble((trouble, detail) => {
          if (detail === null) known.delete(trouble);
          else known.set(trouble, detail);
          listener(trouble, ofJson.get(trouble) ?? ofSparkplug.get(trouble) ?? null);
        });
      from(json, ofJson);
      from(sparkplug, ofSparkplug);
    },
    close: async () => {
      await Promise.all([json.close(), sparkplug.close()]);
    },
  };
}
