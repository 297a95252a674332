import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { machineChecks } from "../../src/cli/machine-checks.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { findingText } from "../../src/platform/console/finding.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { needs } from "../support/components.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn, MAIN } from "../support/kioskd.ts";
import { freePort } from "../support/ports.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";
import { withoutNative } from "../support/without-native.ts";
import { authority, type Issued } from "../telemetry/mqtt/certificates.ts";

knowEachTest();

const NOBODY = "http://127.0.0.1:1/soap";
const DAY_MS = 86_400_000;
const NO_STACK = /^ {4}at /m;

const PUMP = { profile: "fuel-dart", port: "/dev/kioskd-none", priceDecimals: 2 };
const VENDING = { profile: "vending-mdb", port: "/dev/kioskd-none", flow: "always-idle", prices: { 1: "12.00" } };
const GOODS = {
  product: { name: "Snacks", sku: "SNK", unit: "credit", unitPrice: "1.00", taxRate: 12 },
  reserve: ["20.00"],
};

type Keys = Record<string, unknown>;
/** As much of a configuration as is written over here. */
interface Written {
  readonly journal: Keys & { path: unknown };
  readonly payment: { readonly seqr: Keys };
  readonly positions: [Keys & { product: Keys; dispenser: unknown }, ...Keys[]];
  readonly display: Keys & { listen: unknown };
  mqtt?: Keys;
}
type Edit = (config: Written, folder: string) => unknown;

async function written(edit: Edit): Promise<{ readonly file: string; readonly folder: string }> {
  const folder = tempFolder();
  const file = writeConfig(folder, { endpoint: NOBODY });
  const config = parse(readFileSync(file, "utf8"));
  await edit(config, folder);
  writeFileSync(file, stringify(config));
  return { file, folder };
}

async function found(edit: Edit, nowMs = Date.now()): Promise<string[]> {
  const { file } = await written(edit);
  const { findings } = await machineChecks(loadConfig(file), nowMs);
  return findings.map((finding) => `${finding.keeps} | ${findingText("kioskd.yaml", finding)}`);
}

/** Another user's shoes, where the tests are root's. */
const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const isRoot = needs("root's rights", "/root/.");
const mayMount = isRoot && spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("what this machine lacks", SIDE_BY_SIDE, () => {
  const TABLE: readonly (readonly [string, Edit, readonly RegExp[]])[] = [
    ["nothing", () => undefined, []],
    [
      "the journal's folder",
      (config, folder) => Object.assign(config.journal, { path: join(folder, "gone/journal.db") }),
      [/^sale \| kioskd\.yaml: journal\.path: there is no folder .*gone: make it/],
    ],
    [
      "the mark's folder",
      (config) => Object.assign(config.journal, { mark: "elsewhere/mark" }),
      [/^sale \| kioskd\.yaml: journal\.mark: there is no folder .*elsewhere/],
    ],
    [
      "the authority of the payment service",
      (config) => Object.assign(config.payment.seqr, { caFile: "ca.pem" }),
      [/^start \| kioskd\.yaml: payment\.seqr\.caFile: .*ca\.pem is not there: put it there, or correct the path$/],
    ],
    [
      "an authority in PEM form",
      (config, folder) => {
        writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
        config.mqtt = { url: "mqtts://127.0.0.1:1", caFile: "ca.pem" };
      },
      [/^start \| kioskd\.yaml: mqtt\.caFile: .*ca\.pem holds no certificate in PEM form/],
    ],
    [
      "a serial device",
      (config) => Object.assign(config.positions[0], { dispenser: PUMP }),
      [
        /^sale \| kioskd\.yaml: positions\[0\]\.dispenser\.port: there is no device \/dev\/kioskd-none: plug it in, or correct the path\. .*(\/dev\/serial\/by-id)/,
      ],
    ],
    [
      "a device that is one",
      (config, folder) => {
        writeFileSync(join(folder, "file"), "");
        config.positions[0].dispenser = { ...PUMP, port: join(folder, "file") };
      },
      [/^sale \| .*file is no device: correct the path$/],
    ],
    [
      "a serial port that is one",
      (config) => Object.assign(config.positions[0], { dispenser: { ...PUMP, port: "/dev/null" } }),
      [/^sale \| .*dispenser\.port: \/dev\/null is no serial port: correct the path\. .*by-id/],
    ],
    [
      "a mark that is a file",
      (config) => Object.assign(config.journal, { mark: "/dev/null" }),
      [/^sale \| .*journal\.mark: \/dev\/null is no file: name one$/],
    ],
    [
      "a journal's folder on a disk",
      (config) => Object.assign(config.journal, { path: "/proc/journal.db", mark: "mark" }),
      [/^sale \| .*journal\.path: the folder \/proc cannot be written: /],
    ],
    [
      "a free port",
      async (config) => {
        const server = createServer();
        const port = await freePort();
        await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
        atEnd(() => server.close());
        config.display.listen = `127.0.0.1:${port}`;
      },
      [
        /^start \| kioskd\.yaml: display\.listen: 127\.0\.0\.1:\d+ cannot be listened on: another program listens there/,
      ],
    ],
    [
      "an address",
      (config, folder) => {
        writeFileSync(join(folder, "secrets/token"), "a".repeat(32), { mode: 0o600 });
        Object.assign(config.display, { listen: "192.0.2.77:8080", tokenFile: "secrets/token" });
      },
      [/^start \| kioskd\.yaml: display\.listen: 192\.0\.2\.77:8080 cannot be listened on: this machine has no such/],
    ],
    [
      "a framebuffer",
      (config) => Object.assign(config.display, { driver: "framebuffer", device: "/dev/kioskd-fb" }),
      [/^sale \| kioskd\.yaml: display\.device: there is no device \/dev\/kioskd-fb/],
    ],
  ];

  it.each(sample("machine checks", TABLE, 8))("%s", async (_what, edit, expected) => {
    expect(await found(edit)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it("keeps nothing where it is a lamp's or a beeper's line", async () => {
    const findings = await found(({ positions: [one] }) => Object.assign(one, { signals: { lamp: "no-chip:9" } }));
    expect(findings.filter((each) => !each.startsWith("nothing | "))).toEqual([]);
  });

  it("is told with its line of failure by check-config, by the start too where it cannot go on, and is left out on request", async () => {
    const { file } = await written((config) => Object.assign(config.payment.seqr, { caFile: "ca.pem" }));
    const checked = await kioskdOn(file)("check-config");
    expect(checked).toMatchObject({ status: 1, out: "" });
    const [sentence] = checked.err.split("\n");
    expect(sentence).toContain("payment.seqr.caFile");
    expect((await kioskdOn(file)("run")).err).toBe(`${sentence}\n`);
    expect(await kioskdOn(file)("check-config", "--no-machine")).toMatchObject({ status: 0, err: "" });
  });

  it("is no port that a running kioskd of this configuration has", async () => {
    const port = await freePort();
    const { file } = await written((config) => Object.assign(config.display, { listen: `127.0.0.1:${port}` }));
    const daemon = new DaemonProcess(file);
    await daemon.serving();
    const checked = await kioskdOn(file)("check-config");
    expect(checked.status).toBe(0);
    expect(checked.err).toContain("A kioskd runs on this journal");
    await daemon.kill("SIGTERM");
  });
});

describe.skipIf(!needs("openssl", "/usr/bin/openssl"))("a certificate", () => {
  let issued: Issued;
  let other: Issued;
  let caPath: string;

  beforeAll(async () => {
    const folder = `${process.env["TMPDIR"] ?? "/tmp"}/kioskd-test-certificates-${process.pid}`;
    mkdirSync(folder, { recursive: true });
    const ca = await authority(folder, "ca");
    caPath = ca.path;
    issued = await ca.issue("kiosk");
    other = await ca.issue("other");
  });

  const given =
    (certPath: string, key: string): Edit =>
    (config, folder) => {
      writeFileSync(join(folder, "secrets/key"), key, { mode: 0o600 });
      config.mqtt = {
        url: "mqtts://127.0.0.1:1",
        caFile: caPath,
        certFile: certPath,
        keyFile: "secrets/key",
      };
    };

  it.each([
    [
      "that ends soon is told of, and fails nothing",
      0,
      "own",
      ["nothing | .*caFile.* expires at", "nothing | .*certFile.* expires at"],
    ],
    ["that has ended", 3, "own", ["sale | .*caFile.* has expired at", "sale | .*certFile.* has expired at"]],
    [
      "that is not valid yet",
      -3,
      "own",
      ["sale | .*caFile.* is valid from .* on", "sale | .*certFile.* is valid from"],
    ],
    [
      "with another one's key",
      0,
      "another one's",
      ["nothing", "nothing", "start | .*keyFile: is the key of another certificate"],
    ],
    ["with a key that is none", 0, "none", ["nothing", "nothing", "start | .*keyFile: holds no private key in PEM"]],
  ] as const)("%s", async (_what, days, key, expected) => {
    const keys = { own: issued.key, "another one's": other.key, none: "1234" };
    const findings = await found(given(issued.certPath, keys[key]), Date.now() + days * DAY_MS);
    expect(findings).toEqual(expected.map((text) => expect.stringMatching(new RegExp(text.replace("|", "\\|")))));
  });
});

/** What a person meets on the first day, from the built daemon: until it ends, or says so in its log. */
describe("an error of the first day is a sentence", SIDE_BY_SIDE, () => {
  interface Case {
    readonly edit: Edit;
    readonly says: RegExp;
    readonly around?: readonly string[];
    /** Run before the daemon's own code. */
    readonly preload?: (folder: string) => string;
    readonly needs?: boolean;
  }

  const CASES: Readonly<Record<string, Case>> = {
    "no GPIO": {
      edit: (config) => {
        config.positions[0].dispenser = {
          driver: "s0-charger",
          ...{ pulsesPerUnit: 1_000, maxPower: 11_000 },
          lines: { contactor: { line: "GPIO17" }, s0: { line: "GPIO27" } },
        };
        Object.assign(config.positions[0].product, { unit: "kWh" });
      },
      says: /no GPIO chip|no chip|GPIO in sysfs|python3-libgpiod/,
    },
    "a damaged register of a simulated dispenser": {
      edit: (_config, folder) => {
        writeFileSync(join(folder, "simulated-1.register"), "nonsense");
      },
      says: /register/,
    },
    "a damaged register of a meter": {
      edit: (config, folder) => {
        Object.assign(config.positions[0], { ...GOODS, dispenser: VENDING });
        writeFileSync(join(folder, "meter-1.register"), "nonsense");
      },
      says: /meter-1\.register is no register of this kind.*Restore it/,
    },
    "a damaged journal": {
      edit: (_config, folder) => {
        writeFileSync(join(folder, "journal.db"), "nonsense ".repeat(1_000));
      },
      says: /The journal .* is damaged/,
    },
    "a port of two protocols": {
      edit: (config, folder) => {
        writeFileSync(join(folder, "secrets/terminal-2"), "12345678", { mode: 0o600 });
        config.positions[0].dispenser = PUMP;
        config.positions.push({
          ...{ ...GOODS, id: "2", dispenser: VENDING },
          terminal: { id: "demo-terminal-2", passwordFile: "secrets/terminal-2" },
        });
      },
      says: /positions\[1\]\.dispenser\.port: found "\/dev\/kioskd-none" for mdb, where dart is, expected a port of its own/,
    },
    "no broker host": {
      edit: (config) => Object.assign(config, { mqtt: { url: "mqtt://nowhere.invalid:1883" } }),
      says: /broker-unreachable.*nowhere\.invalid|nowhere\.invalid.*(ENOTFOUND|EAI_AGAIN|no such host)/,
    },
    "no serial device": {
      edit: (config) => Object.assign(config.positions[0], { dispenser: PUMP }),
      says: /there is no such device: plug it in, or correct the path","msg":"a serial port is lost"/,
    },
    "a serial device that another program holds": {
      edit: async (config, folder) => {
        const pty = await openPty(folder, "wire");
        const held = new SerialPort({ path: pty.host, baudRate: 9_600 });
        await once(held, "open");
        atEnd(async () => {
          held.close();
          await pty.unplug();
        });
        config.positions[0].dispenser = { ...PUMP, port: pty.host };
      },
      says: /another program holds it: `sudo fuser -v .*` says which; end that one","msg":"a serial port is lost"/,
      needs: needs("socat", "/usr/bin/socat"),
    },
    "a full disk": {
      edit: (config, folder) => {
        mkdirSync(join(folder, "disk"));
        config.journal.path = "disk/journal.db";
      },
      says: /The journal .* cannot be used: .*full.*free space/,
      around: [
        ...["unshare", "--mount", "sh", "-c"],
        'mount -t tmpfs -o size=8k none "$(dirname "$5")/disk" && head -c 8192 /dev/zero >"$(dirname "$5")/disk/x"; exec "$@"',
        "sh",
      ],
      needs: mayMount,
    },
    "a read-only disk": {
      edit: (config, folder) => {
        mkdirSync(join(folder, "disk"));
        config.journal.path = "disk/journal.db";
      },
      says: /The disk of .*journal\.db\.lock is mounted read-only\. `dmesg` says why/,
      around: [
        ...["unshare", "--mount", "sh", "-c"],
        'cd "$(dirname "$5")/disk"; mount -t tmpfs none . && cd "$PWD" && touch journal.db.lock && mount -o remount,ro "$PWD"; exec "$@"',
        "sh",
      ],
      needs: mayMount,
    },
    "a secret of somebody else": {
      edit: (_config, folder) => {
        chownSync(join(folder, "secrets/terminal-1"), 0, 0);
      },
      says: /terminal-1 cannot be read by this user: give it to the daemon's user with chown/,
      around: AS_NOBODY,
      needs: isRoot,
    },
    "a serial device of somebody else": {
      edit: async (config, folder) => {
        const pty = await openPty(folder, "wire");
        atEnd(() => pty.unplug());
        chmodSync(pty.host, 0o600);
        config.positions[0].dispenser = { ...PUMP, port: pty.host };
      },
      says: /may not be opened by this user: it belongs to the group \w+: run `sudo usermod -aG \w+ USER`/,
      around: AS_NOBODY,
      needs: isRoot && needs("socat", "/usr/bin/socat"),
    },
    ...Object.fromEntries(
      ["better_sqlite3", "bindings-cpp"].map((name) => [
        `the native part of ${name}`,
        {
          edit: (config: Written) => Object.assign(config.positions[0], { dispenser: PUMP }),
          says: /the package (better-sqlite3|serialport) does not load with Node v[\d.]+: run `npm rebuild/,
          preload: (folder: string) => withoutNative(folder, name),
        },
      ]),
    ),
  };

  it.for(sample("refused starts", Object.entries(CASES), 8))(
    "%s",
    async ([what, { edit, says, around = [], preload, needs: isThere = true }], { skip }) => {
      skip(!isThere, "what it needs is named above");
      const { file, folder } = await written(edit);
      if (around === AS_NOBODY)
        giveTo(folder, 65_534, what === "a secret of somebody else" ? ["secrets/terminal-1"] : []);
      const env = preload === undefined ? {} : { NODE_OPTIONS: `--require ${preload(folder)}` };
      const words = [...around, process.execPath, MAIN, "run", "--config", file];
      const child = spawn("env", words, { env: { ...process.env, ...env } });
      atEnd(() => child.kill("SIGKILL"));
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await eventually("it says what is wrong", () => says.test(text) || child.exitCode !== null);
      child.kill("SIGTERM");
      await eventually("it ends", () => child.exitCode !== null || child.signalCode !== null);
      expect(text).toMatch(says);
      expect(text).not.toMatch(NO_STACK);
      expect(text).not.toMatch(/\\n {4}at /);
    },
  );

  /** All in a folder, but for some. */
  function giveTo(folder: string, user: number, except: readonly string[]): void {
    for (const name of ["", "kioskd.yaml", "secrets", "secrets/terminal-1", "secrets/reseller"]) {
      const path = join(folder, name);
      if (!except.includes(name) && statSync(path).uid !== user) chownSync(path, user, user);
    }
  }
});
