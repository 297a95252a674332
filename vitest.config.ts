import { defineConfig } from "vitest/config";

/** What needs a port, another program or the real clock. All else is `unit`, where test/support/unit-guard.ts forbids them. */
const WIRE = [
  "test/cli/{demo-sales,setup}.test.ts",
  "test/devices/dart/{bus,contract,differs,driver,noise}.test.ts",
  "test/displays/framebuffer/{contract,input,picture}.test.ts",
  "test/platform/gpio/libgpiod.test.ts",
  "test/platform/http/{crowd,json-calls,patience,pipelines}.test.ts",
  "test/devices/mdb/{machine,noise}.test.ts",
  "test/devices/modbus-meter/{coarse,contract,course,currencies,faults,figures,net,noise,proof,pymodbus,pymodbus-models,scan,step}.test.ts",
  "test/devices/rapi/{contract,faults,noise}.test.ts",
  // Measures how long its process stands still.
  "test/payments/seqr/stalls.test.ts",
  "test/operator/{attacks,certificate,now,page}.test.ts",
  "test/platform/serial/{line,taken}.test.ts",
  "test/platform/service/**/*.test.ts",
  "test/displays/terminal/{pty,screens}.test.ts",
  "test/displays/web/**/*.test.ts",
  "test/{bare,bench,blueprint,campaign,hw,monitoring,package,rig,screens,system,systemd}/**/*.test.ts",
  "test/platform/metrics/**/*.test.ts",
  "test/{components,dependencies}.test.ts",
  "test/fuzz/{http,orders,seqr}.test.ts",
  "test/devices/{dart,rapi}/simulator.test.ts",
  "test/devices/*/wire.test.ts",
];

/** The same, of which nothing stays behind in the process: these share what they import. */
const SHARED = [
  "test/payments/*.test.ts",
  "test/payments/seqr/**/!(report|stalls).test.ts",
  "test/payments/vipps/**/*.test.ts",
  "test/payments/stripe/!(money|checks).test.ts",
  "test/telemetry/mqtt/**/!(acks|reasons|sizes|turns).test.ts",
  "test/telemetry/alerts/senders.test.ts",
  "test/telemetry/sparkplug/{aedes,foreign,limits,mosquitto}.test.ts",
];

/** What puts other modules in the place of some, for a process of its own. */
const APART = ["test/platform/serial/broken-port.test.ts"];

const EVERY = "test/**/*.test.ts";
const GUARDED = { setupFiles: ["test/support/unit-guard.ts"] };

export default defineConfig({
  test: {
    // For what hangs; a machine that is busy with other things needs much longer than one that is not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    // More than half of a run is waiting for bytes on real ports and for timers, so four files fit on two processors.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        // What a file imports is read once for all files: a third of the time goes into that otherwise.
        test: { ...GUARDED, name: "unit", include: [EVERY], exclude: [...WIRE, ...SHARED, ...APART], isolate: false },
      },
      { extends: true, test: { ...GUARDED, name: "apart", include: APART } },
      { extends: true, test: { name: "wire", include: WIRE } },
      { extends: true, test: { name: "shared", include: SHARED, isolate: false } },
    ],
  },
});
