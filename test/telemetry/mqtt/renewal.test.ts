import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Telemetry } from "../../../src/ports/telemetry.ts";
import { loadConfig } from "../../../src/wiring/load.ts";
import { openTelemetry } from "../../../src/wiring/telemetry.ts";
import { writeConfig } from "../../support/config.ts";
import { hurriedClock } from "../../support/hurried-clock.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { SILENT } from "../../support/silent-log.ts";
import { SILENT_OBSERVER } from "../../support/silent-observer.ts";
import { tempFolder } from "../../support/temp.ts";
import { authority, hasOpenssl, type Issued } from "./certificates.ts";
import { SOON } from "./rig.ts";

const isWhole = [hasMosquitto(), hasOpenssl()].every((isHere) => isHere);
/** The files are looked at once a minute. */
const HURRY = 300;

test.skipIf(!isWhole)("new certificates are used without a restart, and only those that fit together", async () => {
  const folder = tempFolder();
  const [ours, theirs] = [await authority(folder, "ours"), await authority(folder, "theirs")];
  const server = await ours.issue("broker");
  const [first, second] = [await theirs.issue("kiosk"), await ours.issue("kiosk")];
  const accounts = { kiosk: "pump" };
  const broker = await mosquitto(undefined, { ca: ours.path, cert: server.certPath, key: server.keyPath, accounts });
  onTestFinished(() => broker.close());
  await broker.start();

  const [cert, key] = [join(folder, "kiosk.pem"), join(folder, "kiosk.key")];
  const put = ({ certPath, keyPath }: Issued): void => {
    copyFileSync(certPath, cert);
    writeFileSync(key, "", { mode: 0o600 });
    copyFileSync(keyPath, key);
  };
  put(first);
  writeFileSync(join(folder, "password"), "pump", { mode: 0o600 });
  const files = { caFile: ours.path, certFile: cert, keyFile: key, username: "kiosk", passwordFile: "password" };
  const config = writeConfig(folder, { endpoint: "http://127.0.0.1:1/", brokerUrl: broker.url, mqtt: files });
  const clock = hurriedClock(HURRY);
  const telemetry: Telemetry = await openTelemetry(loadConfig(config, "serve"), {
    ...{ clock, log: SILENT, observer: SILENT_OBSERVER },
  });
  onTestFinished(() => telemetry.close());
  const changes: [connected: boolean, detail: string][] = [];
  telemetry.onConnection((...change) => void changes.push(change));
  telemetry.start();
  const connections = (): number => changes.filter(([connected]) => connected).length;

  await vi.waitFor(
    () => expect(changes.at(-1)?.[1]).toMatch(/refuses the kiosk's certificate|without a reason|cut/),
    SOON,
  );
  expect(connections()).toBe(0);
  put(second);
  await vi.waitFor(() => expect(connections()).toBe(1), SOON);
  copyFileSync(first.certPath, cert);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(connections()).toBe(1);
  put(await ours.issue("again"));
  await vi.waitFor(() => expect(connections()).toBe(2), SOON);
  expect(changes.map(([, detail]) => detail)).toContainEqual(
    expect.stringContaining("have changed: the kiosk connects anew"),
  );
});
