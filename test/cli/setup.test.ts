import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { profileNames, readProfile } from "../../src/config/profile.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { needs } from "../support/components.ts";
import { kioskd, MAIN } from "../support/kioskd.ts";
import { covering } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";

type Answers = Readonly<Record<string, unknown>>;

const KIOSK: Answers = {
  "kiosk.id": "harbour-1",
  "kiosk.name": "Harbour station",
  "kiosk.timezone": "Europe/Stockholm",
  "kiosk.locales": "sv en",
};

const GOODS: Readonly<Record<string, Answers>> = {
  L: { unitPrice: "19.89" },
  kWh: { unitPrice: "4.50" },
  min: { unitPrice: "1.50" },
  credit: {},
};

const SERVICES: Readonly<Record<string, Answers>> = {
  stripe: {
    "kiosk.currency": "EUR",
    "payment.stripe.account": "acct_1Abc23Def45Ghi67",
    "payment.stripe.apiKeyFile": "rk_test_abcdefgh12345678",
    "payment.stripe.thanksUrl": "https://www.example.com/thanks",
  },
  vipps: {
    "kiosk.currency": "NOK",
    "payment.vipps.environment": "test",
    "payment.vipps.merchantSerialNumber": "123456",
    "payment.vipps.clientId": "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
    "payment.vipps.clientSecretFile": "a-client-secret",
    "payment.vipps.subscriptionKeyFile": "a-subscription-key",
  },
  seqr: {
    "kiosk.currency": "SEK",
    "payment.seqr.endpoint": "https://extdev.seqr.com/soap/merchant/cashregister-2",
    "payment.seqr.reseller": "yes",
    "payment.seqr.reseller.id": "demo-shop",
    "payment.seqr.reseller.userId": "9900",
    "payment.seqr.reseller.passwordFile": "a-merchant-password",
    "positions[0].terminal.id": "demo-terminal",
    "positions[0].terminal.passwordFile": "a-terminal-password",
  },
};

const SECRETS =
  /rk_test_abcdefgh|a-client-secret|a-subscription-key|a-merchant-password|a-terminal-password|a-charger-password/;

const bare = PLUG_INS.devices.filter(
  ({ driver }) => !profileNames().some((name) => readProfile(name)?.["driver"] === driver),
);
const ASSEMBLIES = [...profileNames(), ...bare.map(({ driver }) => driver)];

function answersFor(assembly: string, service: string): Answers {
  const driver = readProfile(assembly)?.["driver"] ?? assembly;
  const device = PLUG_INS.devices.find((each) => each.driver === driver);
  const unit = device?.units?.[0] ?? "L";
  const goods = { name: "Goods", sku: "G1", taxRate: 25, ...(device?.units === null ? { unit } : {}), ...GOODS[unit] };
  const own: Readonly<Record<string, Answers>> = {
    "charger-ocpp": { "positions[0].dispenser.passwordFile": "a-charger-password" },
    simulated: { "positions[0].dispenser.quantity": "5.000" },
  };
  return {
    ...KIOSK,
    "payment.provider": service,
    ...SERVICES[service],
    "positions[0].assembly": assembly,
    ...Object.fromEntries(Object.entries(goods).map(([key, value]) => [`positions[0].product.${key}`, value])),
    "positions[0].reserve": ["100.00", "300.00"],
    ...own[assembly],
  };
}

function setUp(answers: Answers) {
  const folder = tempFolder();
  const [given, output] = [join(folder, "answers.yaml"), join(folder, "etc/kioskd.yaml")];
  writeFileSync(given, stringify(answers));
  return { output, folder, run: () => kioskd("setup", "--output", output, "--answers", given) };
}

const ALL = ASSEMBLIES.flatMap((assembly) => Object.keys(SERVICES).map((service) => ({ assembly, service })));
const drawn = covering("setup", ALL, [({ assembly }) => assembly, ({ service }) => service]);

describe("a configuration by answers", () => {
  it("is tried with every assembly and every payment service", () => {
    expect(new Set(Object.keys(SERVICES))).toEqual(new Set(PLUG_INS.payments.map(({ name }) => name)));
    expect(ASSEMBLIES).toHaveLength(profileNames().length + 1);
  });

  it.each(drawn)("for $assembly, paid by $service, is one that the daemon takes", async ({ assembly, service }) => {
    const { output, folder, run } = setUp(answersFor(assembly, service));
    const { status, out, err } = await run();
    expect(`${status} ${err}`).toBe("0 ");
    const { config, files } = loadConfig(output);
    expect(config.payment.provider).toBe(service);
    const text = readFileSync(output, "utf8");
    expect(out).toContain(text);
    expect(`${text}${out}`).not.toMatch(SECRETS);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const secrets = join(folder, "etc/secrets");
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    expect(readdirSync(secrets).map((name) => statSync(join(secrets, name)).mode & 0o777)).toEqual(
      files.filter(({ isSecret }) => isSecret).map(() => 0o600),
    );
  });

  it("replaces no file", async () => {
    const { output, run } = setUp(answersFor("fuel-dart", "stripe"));
    expect((await run()).status).toBe(0);
    const before = readFileSync(output, "utf8");
    const { status, err } = await run();
    expect([status, err]).toEqual([1, expect.stringContaining("is there already, and is not replaced")]);
    expect(readFileSync(output, "utf8")).toBe(before);
  });

  it("refuses a second position whose assembly has lines that are taken already", async () => {
    const first = answersFor("fuel-pulser-pi", "stripe");
    const second = Object.entries(first).filter(([key]) => key.startsWith("positions[0]"));
    const more = Object.fromEntries(second.map(([key, value]) => [key.replace("[0]", "[1]"), value]));
    const { output, run } = setUp({ ...first, ...more, "positions.count": 2 });
    const { status, err } = await run();
    expect(status).toBe(1);
    expect(err).toContain("positions[1].");
    expect(err).toContain("GPIO");
    expect(existsSync(output)).toBe(false);
  });
});

/** What is answered wrong to one question, and the sentence that it gets. */
const WRONG: readonly (readonly [key: string, answer: unknown, sentence: string])[] = [
  ["kiosk.id", "Harbour 1", 'found "Harbour 1", expected 1 to 64 of a-z, 0-9, -, such as harbour-1'],
  ["kiosk.name", undefined, "found no answer, expected text of 1 to 80 characters, such as Harbour station"],
  ["kiosk.currency", "EURO", 'found "EURO", expected a code of ISO 4217'],
  ["kiosk.timezone", "Mars", 'found "Mars", expected a time zone'],
  ["kiosk.locales", "sv xx", 'found "xx", expected one of sv, en'],
  ["payment.provider", "strip", 'found "strip", expected one of'],
  ["payment.stripe.account", "1Abc", "expected the account's id, which begins with acct_"],
  ["payment.stripe.apiKeyFile", "pk_test_abcdefgh12345678", "found a publishable key, which may do nothing here"],
  ["payment.stripe.thanksUrl", "http://example.com", "https://example.com"],
  ["positions[0].assembly", "fuel-dar", "Did you mean fuel-dart?"],
  ["positions[0].product.unit", "kWh", "found kWh, expected L. Nothing else is counted by dart"],
  ["positions[0].product.unitPrice", "19,89", 'found "19,89", expected a decimal in quotes, such as "19.89"'],
  ["positions[0].product.taxRate", "130", "found the number 130, expected a number from 0 to 100"],
  ["positions[0].reserve", "100.005", "100.005"],
  ["positions.count", "0", 'found "0", expected a whole number from 1 to 32'],
  ["display.listen", "0.0.0.0", 'found "0.0.0.0", expected HOST:PORT'],
  ["display.panel", "big", 'found "big", expected the diagonal in inches and the pixels'],
  ["display.required", "perhaps", "expected true or false"],
  ["kiosk.nmae", "x", "found answers that nothing asks for: kiosk.nmae. Did you mean kiosk.name?"],
];

describe("an answer that is wrong", () => {
  it.each(WRONG)("to %s, %j, is told, and nothing is written", async (key, answer, sentence) => {
    const { output, folder, run } = setUp({ ...answersFor("fuel-dart", "stripe"), [key]: answer });
    const { status, err } = await run();
    expect(status).toBe(1);
    expect(err).toContain(sentence);
    expect(err).toContain(key);
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder)).toEqual(["answers.yaml"]);
  });
});

const hasScript = needs("script", "/usr/bin/script");

/** The program at a pseudo-terminal, with all that stood on it so far. */
function atTerminal(output: string) {
  const child = spawn("script", ["-qefc", `${MAIN} setup --output ${output}`, "/dev/null"]);
  onTestFinished(() => void child.kill());
  let shown = "";
  child.stdout.on("data", (bytes: Buffer) => {
    shown += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let seen = 0;
  const answer = async (key: string, text: string): Promise<void> => {
    const prompt = new RegExp(`${escaped(key)}( \\[[^\\]]*\\])?: $`);
    await expect.poll(() => plain(shown).slice(seen), { timeout: 30_000 }).toMatch(prompt);
    seen = plain(shown).length;
    child.stdin.write(text);
  };
  return { answer, ended, shown: () => plain(shown) };
}

const plain = (text: string): string => stripVTControlCharacters(text);
const escaped = (text: string): string => text.replaceAll(/[[\].]/g, "\\$&");

describe.skipIf(!hasScript)("at a terminal", () => {
  it("asks until it has a configuration, and shows no secret", async () => {
    const output = join(tempFolder(), "kioskd.yaml");
    const { answer, ended, shown } = atTerminal(output);
    const given: readonly (readonly [key: string, text: string])[] = [
      ["kiosk.id", "Harbour 1"],
      ["kiosk.id", "harbour-1"],
      ["kiosk.name", "Harbour station"],
      ["payment.provider", "stripe"],
      ["kiosk.currency", "EUR"],
      ["kiosk.timezone", ""],
      ["kiosk.locales", ""],
      ["positions.count", ""],
      ["positions[0].assembly", "fuel-dart"],
      ["positions[0].id", ""],
      ["positions[0].product.name", "Diesel"],
      ["positions[0].product.sku", "DSL"],
      ["positions[0].product.unit", ""],
      ["positions[0].product.unitPrice", "1.89"],
      ["positions[0].product.taxRate", "25"],
      ["positions[0].reserve", "50.00, 100.00"],
      ["positions[0].dispenser.port", ""],
      ["payment.stripe.account", "acct_1Abc23Def45Ghi67"],
      ["payment.stripe.apiKeyFile", "rk_test_abcdefgh12345678"],
      ["payment.stripe.thanksUrl", "https://www.example.com/thanks"],
      ["display.listen", ""],
      ["display.readingDistanceMm", ""],
      ["display.panel", ""],
      ["display.required", ""],
      ["journal.path", ""],
      ["write", ""],
    ];
    for (const [key, text] of given) await answer(key, `${text}\r`);
    expect(await ended).toBe(0);
    expect(shown()).toContain('No: found "Harbour 1", expected 1 to 64 of a-z, 0-9, -');
    expect(shown()).toContain("Harbour station");
    expect(shown()).not.toContain("abcdefgh");
    expect(loadConfig(output).config.positions[0]?.reserve).toEqual(["50.00", "100.00"]);
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["the end of the input", "\u0004"],
  ])("leaves nothing behind at %s", async (_name, key) => {
    const folder = tempFolder();
    const { answer, ended, shown } = atTerminal(join(folder, "etc/kioskd.yaml"));
    await answer("kiosk.id", "harbour-1\r");
    await answer("kiosk.name", key);
    expect(await ended).toBe(1);
    expect(shown()).toContain("Nothing was written.");
    expect(readdirSync(folder)).toEqual([]);
  });
});

it("without a terminal and without answers says what to do", async () => {
  const child = spawn(MAIN, ["setup", "--output", join(tempFolder(), "kioskd.yaml")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
  expect(said).toContain("There is no terminal to ask at: add --answers FILE");
});
