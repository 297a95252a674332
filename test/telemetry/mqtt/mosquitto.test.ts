import { afterEach, describe, expect, test } from "vitest";
import { telemetryContract } from "../../contract/telemetry.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { mqttBehaviour } from "./behaviour.ts";
import { contractRig, startKiosk } from "./rig.ts";
import { entryOf, settingsFor } from "./samples.ts";

const SALES = "kioskd/demo-1/sales";

describe.skipIf(!hasMosquitto())("with Debian's mosquitto", () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  telemetryContract("mqtt on mosquitto", () => contractRig(() => mosquitto()));
  mqttBehaviour("mosquitto", () => mosquitto());

  test("MQTT 5 is spoken, and what the broker refuses is not delivered", async () => {
    const broker = await mosquitto("topic readwrite kioskd/demo-1/status\n");
    closing.push(() => broker.close());
    await broker.start();
    const kiosk = startKiosk(settingsFor(broker.url));
    closing.unshift(() => kiosk.telemetry.close());
    await kiosk.connected();
    expect(kiosk.changes.at(-1)?.detail).toContain("with MQTT 5");
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    expect(await kiosk.telemetry.deliver("sales", entryOf(1))).toBe(false);
    expect(kiosk.changes.at(-1)?.connected).toBe(true);
    const warnings = kiosk.log.filter(({ level, fields }) => level === "warn" && fields["topic"] === SALES);
    expect(warnings).toHaveLength(1);
  });
});
