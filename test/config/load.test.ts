import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { durationMs } from "../../src/config/fields.ts";
import { loadConfig } from "../../src/config/load.ts";
import { writeRegisteredTerminal } from "../../src/config/terminal-file.ts";
import { tempFolder } from "../support/temp.ts";

const EXAMPLE = readFileSync(new URL("../../config/kioskd.yaml", import.meta.url), "utf8");

/** The example, changed, in a folder with its secrets. */
function write(change: (text: string) => string = (text) => text): string {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/reseller"), "1234\n", { mode: 0o600 });
  writeFileSync(join(folder, "secrets/terminal-1"), "12345678\n", { mode: 0o600 });
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, change(EXAMPLE).replace("/var/lib/kioskd/journal.db", "journal.db"));
  return file;
}

function replace(from: string | RegExp, to: string): (text: string) => string {
  return (text) => {
    if (text.replace(from, to) === text) throw new Error(`the example does not contain ${String(from)}`);
    return text.replace(from, to);
  };
}

function refusal(file: string): string {
  try {
    loadConfig(file);
  } catch (error) {
    return (error as Error).message.replaceAll(file, "kioskd.yaml");
  }
  throw new Error("the configuration was taken");
}

describe("the example configuration", () => {
  it("is in order, with its secrets read and its paths absolute", () => {
    const file = write();
    const { config, secrets } = loadConfig(file);
    expect(config.payment.seqr).toMatchObject({ requestTimeout: 10_000, commitTimeout: 3_600_000 });
    expect(config.journal.path).toBe(join(file, "../journal.db"));
    expect(secrets.terminals.get("1")).toEqual({ id: "demo-terminal", password: "12345678" });
    expect(secrets.resellerPassword).toBe("1234");
  });
});

describe("a wrong configuration is refused with path and line", () => {
  it.each<[string, (text: string) => string, string]>([
    [
      "an unknown key",
      replace("  currency: SEK", "  currency: SEK\n  colour: red"),
      "kioskd.yaml:7: kiosk.colour: unknown key",
    ],
    ["a missing key", replace("  currency: SEK\n", ""), "kioskd.yaml:3: kiosk.currency: missing"],
    [
      "a price that is no number",
      replace('"19.89"', '"cheap"'),
      'kioskd.yaml:23: positions[0].product.unitPrice: expected a decimal such as "19.89"',
    ],
    [
      "a price without quotes",
      replace('"19.89"', "19.89"),
      "kioskd.yaml:23: positions[0].product.unitPrice: expected a decimal in quotes",
    ],
    ["a price of nothing", replace('"19.89"', '"0"'), "positions[0].product.unitPrice: expected a price above 0"],
    [
      "a wrong duration",
      replace("10s", "10 seconds"),
      "kioskd.yaml:15: payment.seqr.requestTimeout: expected a duration",
    ],
    [
      "a duration out of bounds",
      replace("10s", "10m"),
      "kioskd.yaml:15: payment.seqr.requestTimeout: expected between 1s and 60s",
    ],
    [
      "sales that are kept too short",
      replace("path: /var/lib/kioskd/journal.db", "{ path: /var/lib/kioskd/journal.db, keep: 89d }"),
      "journal.keep: expected between 90d and 100y",
    ],
    [
      "plain http to another machine",
      replace("https:", "http:"),
      "kioskd.yaml:14: payment.seqr.endpoint: expected https",
    ],
    ["an endpoint that is none", replace(/https:\S+/, "seqr"), "kioskd.yaml:14: payment.seqr.endpoint:"],
    [
      "a reserve finer than the currency",
      replace('"100.00"', '"100.005"'),
      "kioskd.yaml:24: positions[0].reserve[0]: expected an amount in SEK",
    ],
    [
      "a reserve that buys nothing",
      replace('"100.00"', '"0.00"'),
      "positions[0].reserve[0]: expected an amount that buys something",
    ],
    ["an unknown driver", replace("driver: simulated", "driver: magic"), "positions[0].dispenser.driver"],
    ["an unknown unit", replace("unit: L", "unit: gallon"), "kioskd.yaml:23: positions[0].product.unit"],
    [
      "a time zone that is none",
      replace("Europe/Stockholm", "Europe/Atlantis"),
      "kioskd.yaml:8: kiosk.timezone: expected a time zone",
    ],
    [
      "an offer longer than the hold",
      replace("commitTimeout: 1h", "commitTimeout: 2m"),
      "kioskd.yaml:18: payment.seqr.offerTimeout: expected at most 60s",
    ],
    [
      "a display open to the network",
      replace("127.0.0.1:8080", "0.0.0.0:8080"),
      "kioskd.yaml:28: display.listen: expected a loopback address",
    ],
    [
      "a port that is none",
      replace("127.0.0.1:8080", "127.0.0.1:99999"),
      "kioskd.yaml:28: display.listen: expected HOST:PORT",
    ],
    [
      "two positions of one id",
      (text) => text.replace(/( {2}- id: "1"[\s\S]*?)(?=display:)/, "$1$1"),
      'positions[1].id: "1" stands twice',
    ],
    [
      "two positions on one terminal",
      (text) =>
        text.replace(/( {2}- id: "1"[\s\S]*?)(?=display:)/, "$1$1").replace(/id: "1"(?=[\s\S]*id: "1")/, 'id: "2"'),
      'positions[1].terminal.id: "demo-terminal" stands twice',
    ],
    [
      "no terminal at all",
      replace(/ {4}terminal:.*\n/, ""),
      "positions[0].terminal: missing: give id and passwordFile, or run",
    ],
    [
      "a secret that is not there",
      replace("secrets/terminal-1", "secrets/none"),
      "kioskd.yaml:22: positions[0].terminal.passwordFile: there is no file",
    ],
    [
      "a former name that is still a position",
      replace(/( {2}- id: "1".*\n)/, '$1    formerly: ["1"]\n'),
      'kioskd.yaml:22: positions[0].formerly: position "1" is still configured: what it has belongs to it; remove the name here',
    ],
    [
      "a former name of two positions",
      (text) =>
        text
          .replace(/( {2}- id: "1"[\s\S]*?)(?=display:)/, "$1$1")
          .replace(/id: "1"(?=[\s\S]*id: "1")/, 'id: "2"')
          .replace(/( {2}- id: "\d".*\n)/g, '$1    formerly: "old"\n'),
      'positions[1].formerly: position "2" takes over from "old" already: name it once, where its devices are',
    ],
    [
      "a former name that is retired",
      (text) =>
        text
          .replace(/( {2}- id: "1".*\n)/, '$1    formerly: "old"\n')
          .replace("display:", 'retired: ["old"]\ndisplay:'),
      '"old" is retired too: remove it there if its devices are here, else here',
    ],
    [
      "a retired position that is configured",
      replace("display:", 'retired: ["gone", "1"]\ndisplay:'),
      'kioskd.yaml:26: retired[1]: position "1" is configured: remove it here, or give the position another id',
    ],
    ["no YAML", replace("kiosk:", "kiosk: ["), "kioskd.yaml:"],
    [
      "a cron expression that is none",
      replace("30 3 * * *", "at night"),
      "kioskd.yaml:33: schedule.housekeeping: expected five fields",
    ],
    [
      "reconciliation without an account",
      replace(/ {4}reseller:.*\n/, ""),
      "schedule.reconcile: expected payment.seqr.reseller",
    ],
    [
      "a sticker without its code",
      replace(/( {4}reserve:)/, "    code: sticker\n$1"),
      "positions[0].code: expected seqrId beside it",
    ],
    [
      "printed codes served in the open",
      replace(
        "    reseller:",
        "    unattended: { listen: 0.0.0.0:8090, merchantId: M1, secretFile: secrets/reseller }\n    reseller:",
      ),
      "payment.seqr.unattended.listen: expected a loopback address behind a proxy",
    ],
    [
      "a blank in the topic",
      replace("topicPrefix: kioskd", "topicPrefix: my kiosk"),
      "kioskd.yaml:31: mqtt.topicPrefix: expected a topic",
    ],
  ])("%s", (_what, change, expected) => {
    expect(refusal(write(change))).toContain(expected);
  });

  it("lists every problem at once", () => {
    const file = write((text) => text.replace("10s", "soon").replace('"19.89"', '"cheap"'));
    expect(refusal(file).split("\n")).toHaveLength(2);
  });

  it("names a file that cannot be read", () => {
    expect(refusal(join(tempFolder(), "none.yaml"))).toMatch(/kioskd\.yaml: cannot be read \(ENOENT\)/);
  });
});

describe("secrets", () => {
  it("must be readable by their owner only", () => {
    const file = write();
    const secret = join(file, "../secrets/terminal-1");
    chmodSync(secret, 0o644);
    expect(refusal(file)).toContain(`can be read by others: chmod 600 ${secret}`);
  });

  it("may be systemd credentials", () => {
    const file = write(replace("secrets/terminal-1", "credential:terminal"));
    expect(refusal(file)).toContain("systemd credential, but no unit has passed any");
    process.env["CREDENTIALS_DIRECTORY"] = join(file, "../secrets");
    writeFileSync(join(file, "../secrets/terminal"), "from-systemd", { mode: 0o400 });
    try {
      expect(loadConfig(file).secrets.terminals.get("1")?.password).toBe("from-systemd");
    } finally {
      delete process.env["CREDENTIALS_DIRECTORY"];
    }
  });

  it("of a registered terminal stand beside the journal", () => {
    const file = write(replace(/ {4}terminal:.*\n/, ""));
    const journalPath = join(file, "../journal.db");
    const terminal = { terminalId: null, password: "abcd1234", externalTerminalId: "demo-1/1", name: "Demo" };
    writeRegisteredTerminal(journalPath, "1", terminal);
    expect(refusal(file)).toContain("positions[0].terminal: missing");
    writeRegisteredTerminal(journalPath, "1", { ...terminal, terminalId: "f00d" });
    expect(loadConfig(file).secrets.terminals.get("1")).toEqual({ id: "f00d", password: "abcd1234" });
  });
});

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["1s", 1_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["2d", 172_800_000],
    ["1y", 31_536_000_000],
    ["5", Number.NaN],
  ])("%s is %i ms", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe("a journal and its mark", () => {
  it.each([
    ["journal.db", /journal.db is the journal, or a file that belongs to it: name a file of its own/],
    ["./secrets/../journal.db", /is the journal, or a file that belongs to it/],
    ["link.db", /is the journal, or a file that belongs to it/],
    ["journal.db-wal", /belongs to it/],
    ["journal.db-shm", /belongs to it/],
    ["journal.db-journal", /belongs to it/],
    ["journal.db.lock", /belongs to it/],
    ["journal.db.new", /belongs to it/],
    ["journal.db.refund-lock", /belongs to it/],
    ["journal.extract-key", /belongs to it/],
    ["journal-2024.db", /belongs to it/],
    ["kioskd.yaml", /kioskd.yaml is the configuration itself/],
    ["secrets/reseller", /secrets.reseller is the file that payment.seqr.reseller.passwordFile names/],
    ["secrets/terminal-1", /is the file that positions.1.terminal.passwordFile names/],
    ["terminals/1.json", /is the terminal of position "1"/],
    ["simulated-1.register", /is a register of position "1"/],
    ["secrets", /secrets is a folder: name a file in it/],
  ])("do not stand where something else does: %s", (mark, message) => {
    const file = write(
      replace(/path: .var.lib.kioskd.journal.db.*/, `{ path: /var/lib/kioskd/journal.db, mark: ${mark} }`),
    );
    writeFileSync(join(file, "../journal.db"), "");
    symlinkSync("journal.db", join(file, "../link.db"));
    expect(refusal(file)).toMatch(/^kioskd.yaml:\d+: journal.mark: /);
    expect(refusal(file)).toMatch(message);
  });

  it("is no other file either, and no folder", () => {
    const at = (path: string) => refusal(write(replace(/path: .var.lib.kioskd.journal.db.*/, `path: ${path}`)));
    expect(at("secrets/reseller")).toMatch(
      /journal.path: .*reseller is the file that payment.seqr.reseller.passwordFile/,
    );
    expect(at("secrets")).toMatch(/journal.path: .*secrets is a folder: name a file in it/);
  });

  it.each(["journal.mark", "mark/journal.mark", "other.db-wal", "journal-24.db", "elsewhere/journal.db"])(
    "may be here: %s",
    (mark) => {
      const file = write(
        replace(/path: .var.lib.kioskd.journal.db.*/, `{ path: /var/lib/kioskd/journal.db, mark: ${mark} }`),
      );
      expect(loadConfig(file).config.journal.mark).toBe(join(file, "..", mark));
    },
  );
});
