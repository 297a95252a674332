import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { openBenches } from "../../src/cli/benches.ts";
import { profileNames } from "../../src/config/profile.ts";
import { DEVICES } from "../../src/devices/registry.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";

const { kinds } = await openBenches();
const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = readFileSync(join(ROOT, "config/kioskd.yaml"), "utf8");

type Keys = Readonly<Record<string, unknown>>;

/** The keys beside those of the example, or in their place. */
function accepted(given: Keys): void {
  const folder = tempFolder();
  const file = join(folder, "kioskd.yaml");
  mkdirSync(join(folder, "secrets"));
  const config = over(over(forService(given), { journal: { path: "journal.db" } }), given);
  for (const [, name = ""] of stringify(config).matchAll(/: (secrets\/[\w-]+)$/gm)) {
    const secret = name === "secrets/stripe" ? "rk_test_0123456789abcdef" : "0123456789abcdef";
    writeFileSync(join(folder, name), secret, { mode: 0o600 });
  }
  writeFileSync(file, stringify(config));
  expect(() => loadConfig(file)).not.toThrow();
}

/** The example; of another payment service's kiosk, without what only the example's service has. */
function forService({ payment }: Keys): Keys {
  const example = parse(EXAMPLE);
  const provider = isKeys(payment) ? payment["provider"] : undefined;
  if (provider === undefined || provider === example.payment.provider) return example;
  const { schedule: _itsBooks, payment: _itsKeys, positions, ...rest } = example;
  return {
    ...rest,
    positions: positions.map(({ terminal: _its, seqrId: _itsToo, code: _andThis, ...all }: Keys) => all),
  };
}

function over(below: Keys, above: Keys): Keys {
  const merged = Object.entries(above).map(([key, value]) => {
    const isDriven = isKeys(value) && "driver" in value;
    return [key, isKeys(below[key]) && isKeys(value) && !isDriven ? over(below[key], value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}

function isKeys(value: unknown): value is Keys {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function positionWith(part: Keys): Keys {
  return { positions: [{ ...parse(EXAMPLE).positions[0], ...part }] };
}

/** In what its dispenser can count. */
function productOf(dispenser: unknown): Keys {
  const { driver, profile } = isKeys(dispenser) ? dispenser : {};
  const said = driver ?? parse(readFileSync(join(ROOT, `hw/${profile}/profile.yaml`), "utf8")).driver;
  const unit = DEVICES.find((each) => each.driver === said)?.units?.[0] ?? "L";
  return { ...parse(EXAMPLE).positions[0].product, unit, unitPrice: unit === "credit" ? "1.00" : "4.50" };
}

/** Where the part of a configuration belongs that a document shows by itself. */
const PLACES: Readonly<Record<string, (part: unknown) => Keys>> = {
  dispenser: (dispenser) => positionWith({ product: productOf(dispenser), dispenser }),
  unattended: (unattended) => ({ payment: { seqr: { unattended } } }),
};

function documents(): readonly string[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`);
  const hw = readdirSync(join(ROOT, "hw")).map((name) => `hw/${name}/README.md`);
  return ["README.md", ...docs.filter((name) => name.endsWith(".md")), ...hw.filter((name) => !name.includes("udev"))];
}

/** Of programs that are not the kiosk. */
const FOREIGN: readonly string[] = ["docs/monitoring/README.md"];

const SHOWN = documents()
  .filter((name) => !FOREIGN.includes(name))
  .flatMap((name) => {
    const text = readFileSync(join(ROOT, name), "utf8");
    return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""], index) => ({ name, index, block }));
  });

describe("a configuration that comes with the program is accepted", () => {
  it("the example as it stands", () => accepted({}));

  it.each(profileNames())("the assembly %s", (profile) => {
    const own = profile === "charger-ocpp" ? { withoutPassword: true } : {};
    accepted(positionWith({ product: productOf({ profile }), dispenser: { profile, ...own } }));
  });

  it.each(kinds)("the demo of a $kind", ({ position, simulator }) => {
    const isOnLine = simulator === null || "line" in simulator;
    accepted(positionWith({ ...position(isOnLine ? "/dev/pts/1" : "127.0.0.1:8887", 1) }));
  });

  it("a contactor that is a bare line, as every other output may be", () => {
    const dispenser = { driver: "modbus-meter", port: "/dev/ttyUSB0", meter: "sdm630", contactor: "GPIO23" };
    accepted(positionWith({ product: productOf(dispenser), dispenser }));
  });

  it.each([
    ...["PA7", "GPIO1_A0", "gpio-sim.rig:3", "6000b000.gpio:17", "CON1-P15", "MIO12", "pinctrl-bcm2711:42"],
    ...["RELAY1", "X0D10", "P9_12", "DOUT1", "SPI_MISO"],
  ])("a line that another board calls %s", (output) => {
    const selections = [{ id: "1", output, price: "12.00" }];
    const dispenser = { driver: "relay-vend", mode: "pulse", selections };
    accepted(positionWith({ product: productOf(dispenser), dispenser }));
  });

  it.each(["30  3 * * *", "30\t3\t*\t*\t*", "0,30 */2 1-15/2 jan-mar mon-fri", "0 0 * * 7", "0 3 * * 5-7"])(
    "the cron %j",
    (housekeeping) => accepted({ schedule: { housekeeping } }),
  );

  it.each(
    [
      [
        "MQTTS://broker.example.com",
        "mqtts://[::1]:8883",
        "mqtt://localhost",
        "mqtts://my_broker",
        "mqtts://b.example./",
      ],
      ["mqtts://10.0.0.255:8883/mqtt", "mqtts://kiosk:p%40ss@broker", "mqtts://xn--bcher-kva.example"],
    ].flat(),
  )("the broker %s", (url) => accepted({ mqtt: { url } }));

  it.each(["Bücherei 日本\u3000店", "Café\u00a0de la gare", "Tanke ❤️", "Familj 👨‍👩‍👧"])("the name %s", (name) => {
    accepted({ kiosk: { name } });
  });

  it("documents show some", () => {
    expect(SHOWN.length).toBeGreaterThanOrEqual(5);
  });

  it.each(SHOWN)("what $name shows, $index", ({ block }) => {
    const part: Keys = parse(block) ?? {};
    const [key = ""] = Object.keys(part);
    accepted(Object.hasOwn(PLACES, key) ? (PLACES[key]?.(part[key]) ?? {}) : part);
  });
});
