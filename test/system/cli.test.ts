import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { writeConfig } from "../support/config.ts";
import { eventually } from "../support/daemon.ts";
import { kioskd as mostlyHere } from "../support/kioskd.ts";
import { HAPPY, PAID } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");

interface Result {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Always a program. */
function kioskd(...args: string[]): Result {
  const { status, stdout, stderr } = spawnSync(MAIN, args, { encoding: "utf8", timeout: 60_000 });
  return { status, out: stdout, err: stderr };
}

describe("the command line", () => {
  it.each([
    ["run"],
    ["browser"],
    ["demo"],
    ["check-config"],
    ["simulate", "seqr"],
    ["terminal", "register"],
    ["terminal", "assign"],
    ["terminal", "unregister"],
    ["terminal", "show"],
    ["sales", "list"],
    ["sales", "show"],
    ["clock", "accept"],
    ["backup"],
    ["restore"],
  ])("explains %s %s", async (...command) => {
    const { status, out } = await mostlyHere(...command, "--help");
    expect(status).toBe(0);
    expect(out).toContain("Usage: kioskd");
    expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [["bogus"], 2, "unknown command"],
    [["run"], 2, "--config <file>' not specified"],
    [["run", "--config", "none.yaml"], 1, "none.yaml: found no such file, expected a file with the configuration"],
    [["simulate", "seqr", "--listen", "somewhere"], 2, "expected HOST:PORT"],
    [["simulate", "seqr", "--listen", "192.0.2.1:80"], 1, "192.0.2.1:80 cannot be listened on: this machine has no"],
    [["demo", "--listen", "192.0.2.1"], 1, "cannot be listened on: this machine has no such address. `ip address`"],
    [
      ["simulate", "pump-dart", "--port", "/nope"],
      1,
      "/nope: there is no such device: plug it in, or correct the path",
    ],
    [["sales", "list", "--config", "none.yaml"], 1, "found no such file"],
    [["status", "--config", "none.yaml"], 1, "found no such file"],
    [["faults", "list", "--config", "none.yaml"], 1, "found no such file"],
    [["refund", "a-sale", "--config", "none.yaml"], 1, "found no such file"],
    [["reconcile", "--config", "none.yaml"], 1, "found no such file"],
    [["journal", "verify", "--config", "none.yaml"], 1, "found no such file"],
    [["backup", "--config", "none.yaml"], 2, "missing required argument 'file'"],
    [["restore", "none.tar", "--config", "none.yaml"], 1, "There is no file"],
    [["sales", "list", "--config", "none.yaml", "--limit", "0"], 2, "--limit: expected 1 to"],
  ])("ends %o with %i", (args, status, message) => {
    const result = kioskd(...args);
    expect(result.status).toBe(status);
    expect(result.err).toContain(message);
    expect(result.err).not.toMatch(/^ +at /m);
  });

  it("does not wait for a pipe that nobody writes to, and takes one with a writer", () => {
    const folder = tempFolder();
    const fifo = join(folder, "kioskd.yaml");
    spawnSync("mkfifo", [fifo]);
    expect(kioskd("check-config", "--config", fifo).err).toContain("found a pipe, expected a file");
    const command = `echo "kiosk: {}" | ${process.execPath} ${MAIN} check-config --config /dev/stdin`;
    const { stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8", timeout: 60_000 });
    expect(stderr).toContain("/dev/stdin:1: kiosk.id");
  });

  it("says that a configuration is in order, or what is not", () => {
    const config = writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:1/soap" });
    expect(kioskd("check-config", "--config", config)).toMatchObject({ status: 0, err: "" });
    writeFileSync(config, readFileSync(config, "utf8").replace("19.89", "dear"));
    const wrong = kioskd("check-config", "--config", config);
    expect(wrong.status).toBe(1);
    expect(wrong.err).toMatch(/kioskd\.yaml:\d+: positions\[0\]\.product\.unitPrice: found "dear", expected a decimal/);
  });

  it("has no sales to list before the first start, and says what to do", () => {
    const config = writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:1/soap" });
    rmSync(join(config, "../secrets"), { recursive: true });
    const { status, err } = kioskd("sales", "list", "--config", config);
    expect(status).toBe(1);
    expect(err).toMatch(/There is no journal at .*start the kiosk once/);
  });

  it("prints all of a long list, however slowly it is read, and ends without a word when nobody reads on", async () => {
    const config = writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:1/soap" });
    const journal = openJournal({ path: join(config, "../journal.db") });
    for (let sale = 0; sale < 1_000; sale++) await journal.append("1", HAPPY.at(-1) as SaleEvent, PAID);
    await journal.close();
    const read = (reader: string): Result => {
      const line = `${MAIN} sales list --json --limit 1000 --config ${config} | { sleep 2; ${reader}; }`;
      const { status, stdout, stderr } = spawnSync("sh", ["-c", line], { encoding: "utf8", maxBuffer: 10e6 });
      return { status, out: stdout, err: stderr };
    };
    const slow = read("cat");
    expect(slow.err).toBe("");
    expect(JSON.parse(slow.out)).toHaveLength(1_000);
    expect(read("head -n 1")).toEqual({ status: 0, out: "[\n", err: "" });
  });
});

describe("standard output that cannot take all", () => {
  const commands = [["--help"], ["sales", "--help"], ["check-config", "--schema"]];

  it.each(commands)("(a full disk) is a failure of %s %s", (...args) => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(MAIN, args, { stdio: ["ignore", full, "pipe"], encoding: "utf8" });
    closeSync(full);
    expect(stderr).toMatch(/^Not all could be written\. standard output: the disk is full\. .*\n$/);
    expect(status).toBe(1);
  });

  it("(a file that takes a part) is a failure too", () => {
    const file = join(tempFolder(), "schema.json");
    const command = `ulimit -f 8; exec ${process.execPath} ${MAIN} check-config --schema >${file}`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(statSync(file).size).toBeGreaterThan(0);
    expect(stderr).toContain("the file may not become larger");
    expect(status).toBe(1);
  });

  it("(a reader who has gone) is none", () => {
    const command = `{ ${process.execPath} ${MAIN} check-config --schema; echo $? >&2; } | true`;
    expect(spawnSync("sh", ["-c", command], { encoding: "utf8" }).stderr).toBe("0\n");
  });
});

describe("the terminals", () => {
  it("are registered once, kept secret, tied to a code, and unregistered", async () => {
    const folder = tempFolder();
    const seqr = startSimulator();
    const config = writeConfig(folder, { endpoint: await seqr });
    const { positions, ...rest } = parse(readFileSync(config, "utf8"));
    writeFileSync(config, stringify({ ...rest, positions: [{ ...positions[0], terminal: undefined }] }));
    const terminal = (...args: string[]): Result => kioskd("terminal", ...args, "--config", config);

    expect(terminal("assign", "--position", "1", "--seqr-id", "ABC1").err).toContain("has no terminal yet");
    const registered = terminal("register", "--position", "1");
    expect(registered).toMatchObject({ status: 0, err: "" });
    const file = join(folder, "terminals/1.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { terminalId, password } = JSON.parse(readFileSync(file, "utf8"));
    expect(terminalId).toMatch(/^[0-9a-f]{32}$/);
    expect(registered.out).toContain(terminalId);
    expect(registered.out).not.toContain(password);

    expect(terminal("register", "--position", "1").out).toContain(`has terminal ${terminalId} already`);
    expect(JSON.parse(terminal("show", "--json").out)).toEqual([
      { position: "1", terminal: terminalId, source: "registered" },
    ]);
    expect(terminal("assign", "--position", "1", "--seqr-id", "ABC1").out).toContain("HTTP://SEQR.SE/QABC1");
    expect(terminal("assign", "--position", "1", "--seqr-id", "ABC-1").status).toBe(2);
    expect(terminal("assign", "--position", "7", "--seqr-id", "ABC1").status).toBe(2);
    expect(kioskd("check-config", "--config", config).status).toBe(0);
    const journal = openJournal({ path: join(folder, "journal.db") });
    for (const event of HAPPY.slice(0, 2)) await journal.append("1", event, null);
    expect(terminal("unregister", "--position", "1").err).toContain("in use by another kioskd");
    await journal.close();
    expect(terminal("unregister", "--position", "1").err).toContain("Position 1 has an open sale (s1)");
    rmSync(join(folder, "journal.db"));
    expect(terminal("unregister", "--position", "1").status).toBe(0);
    expect(kioskd("check-config", "--config", config).err).toContain("kioskd terminal register --position 1");
  });
});

/** In a process of its own, because the commands are waited for. */
async function startSimulator(): Promise<string> {
  const child = spawn(MAIN, ["simulate", "seqr", "--listen", "127.0.0.1:0"]);
  onTestFinished(() => void child.kill());
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await eventually("the simulator listens", () => /endpoint +\S+\s/.test(printed));
  return /endpoint +(\S+)/.exec(printed)?.[1] ?? "";
}
