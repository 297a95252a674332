import { systemClock } from "../../../src/platform/clock/clock.ts";
import { createMqtt } from "../../../src/telemetry/mqtt/mqtt.ts";
import { settingsFor } from "./samples.ts";

// A kiosk in a process of its own, for a test that kills it.
const [url] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: kiosk-process <broker url>");
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const telemetry = createMqtt(settingsFor(url), systemClock(), silent);
telemetry.onConnection((connected) => {
  if (connected) process.send?.("connected");
});
telemetry.start();
