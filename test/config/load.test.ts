import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { durationMs } from "../../src/config/fields.ts";
import { partOf } from "../../src/config/payment.ts";
import { terminalOf } from "../../src/payments/seqr/accounts.ts";
import type { SeqrSite } from "../../src/payments/seqr/config.ts";
import { writeRegisteredTerminal } from "../../src/payments/seqr/registered.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { paymentSite } from "../../src/wiring/payment.ts";
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
    expect(partOf(config).section).toMatchObject({ requestTimeout: 10_000, commitTimeout: 3_600_000 });
    expect(config.journal.path).toBe(join(file, "../journal.db"));
    expect(terminalIn(file)).toEqual({ id: "demo-terminal", password: "12345678" });
    expect(secrets.at(["payment", "seqr", "reseller", "passwordFile"])).toBe("1234");
  });
});

/** The terminal that the first position sells on. */
function terminalIn(file: string) {
  const site = paymentSite(loadConfig(file)) as SeqrSite;
  return site.positions[0] === undefined ? null : terminalOf(site, site.positions[0]);
}

describe("a wrong configuration", () => {
  it("lists every problem at once", () => {
    const file = write((text) => text.replace("10s", "soon").replace('"19.89"', '"cheap"'));
    expect(refusal(file).split("\n")).toHaveLength(2);
  });

  it("names a file that cannot be read", () => {
    expect(refusal(join(tempFolder(), "none.yaml"))).toMatch(/kioskd\.yaml: found no such file, .*\(ENOENT\)/);
  });
});

describe("secrets", () => {
  it("must be readable by their owner only", () => {
    const file = write();
    const secret = join(file, "../secrets/terminal-1");
    chmodSync(secret, 0o644);
    expect(refusal(file)).toContain(`can be read by others, expected 0600: chmod 600 ${secret}`);
  });

  it("may be systemd credentials", () => {
    const file = write(replace("secrets/terminal-1", "credential:terminal"));
    expect(refusal(file)).toContain("systemd credential, but no unit has passed any");
    process.env["CREDENTIALS_DIRECTORY"] = join(file, "../secrets");
    writeFileSync(join(file, "../secrets/terminal"), "from-systemd", { mode: 0o400 });
    try {
      expect(terminalIn(file)?.password).toBe("from-systemd");
    } finally {
      delete process.env["CREDENTIALS_DIRECTORY"];
    }
  });

  it("of a registered terminal stand beside the journal", () => {
    const file = write(replace(/ {4}terminal:.*\n/, ""));
    const journalPath = join(file, "../journal.db");
    const terminal = { terminalId: null, password: "abcd1234", externalTerminalId: "demo-1/1", name: "Demo" };
    writeRegisteredTerminal(journalPath, "1", terminal);
    expect(refusal(file)).toContain("positions[0].terminal: found no terminal");
    writeRegisteredTerminal(journalPath, "1", { ...terminal, terminalId: "f00d" });
    expect(terminalIn(file)).toEqual({ id: "f00d", password: "abcd1234" });
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
    ["journal.db", /journal.db, which is the journal or belongs to it, expected a file of its own/],
    ["./secrets/../journal.db", /is the journal or belongs to it/],
    ["link.db", /is the journal or belongs to it/],
    ["journal.db-wal", /belongs to it/],
    ["journal.db-shm", /belongs to it/],
    ["journal.db-journal", /belongs to it/],
    ["journal.db.lock", /belongs to it/],
    ["journal.db.new", /belongs to it/],
    ["journal.db.refund-lock", /belongs to it/],
    ["journal.extract-key", /belongs to it/],
    ["journal-2024.db", /belongs to it/],
    ["kioskd.yaml", /kioskd.yaml, which is the configuration itself/],
    ["secrets/reseller", /secrets.reseller, which is the file that payment.seqr.reseller.passwordFile names/],
    ["secrets/terminal-1", /is the file that positions.1.terminal.passwordFile names/],
    ["terminals/1.json", /is the terminal of position "1"/],
    ["simulated-1.register", /is a register of position "1"/],
    ["secrets", /secrets, which is a folder, expected a file in it/],
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
      /journal.path: .*reseller, which is the file that payment.seqr.reseller.passwordFile/,
    );
    expect(at("secrets")).toMatch(/journal.path: .*secrets, which is a folder, expected a file in it/);
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
