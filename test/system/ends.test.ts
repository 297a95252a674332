import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants as machine } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startDevice } from "../../src/cli/benches.ts";
import { priceMinor } from "../../src/core/tariff.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { simulator } from "../../src/devices/dart/bench.ts";
import { POLICY } from "../../src/engine/policy.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { needs } from "../support/components.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { MAIN } from "../support/kioskd.ts";
import { freePort } from "../support/ports.ts";
import { DIESEL } from "../support/sale-fixtures.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

type Decision = "ends in order" | "is borne" | "is the kernel's";

/** Every signal of Linux. Of the last kind are crashes and what no program can take; the next start recovers. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  ...{ SIGTERM: "ends in order", SIGINT: "ends in order", SIGHUP: "ends in order", SIGQUIT: "ends in order" },
  ...{ SIGXCPU: "ends in order", SIGPWR: "ends in order" },
  ...{ SIGUSR1: "is borne", SIGUSR2: "is borne", SIGPIPE: "is borne", SIGALRM: "is borne", SIGVTALRM: "is borne" },
  ...{ SIGPROF: "is borne", SIGIO: "is borne", SIGPOLL: "is borne", SIGSTKFLT: "is borne", SIGTSTP: "is borne" },
  ...{ SIGCHLD: "is borne", SIGCONT: "is borne", SIGURG: "is borne", SIGWINCH: "is borne", SIGXFSZ: "is borne" },
  ...{ SIGTTIN: "is borne", SIGTTOU: "is borne" },
  ...{ SIGKILL: "is the kernel's", SIGSTOP: "is the kernel's" },
  ...{ SIGILL: "is the kernel's", SIGTRAP: "is the kernel's", SIGABRT: "is the kernel's", SIGIOT: "is the kernel's" },
  ...{ SIGBUS: "is the kernel's", SIGFPE: "is the kernel's", SIGSEGV: "is the kernel's", SIGSYS: "is the kernel's" },
};

function of(decision: Decision): NodeJS.Signals[] {
  return Object.keys(DECISIONS).filter((name) => DECISIONS[name] === decision) as NodeJS.Signals[];
}

interface Scene {
  readonly seqr: SeqrSimulator;
  readonly folder: string;
  readonly config: string;
}

async function scene(): Promise<Scene> {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  atEnd(() => seqr.close());
  const folder = tempFolder();
  return { seqr, folder, config: writeConfig(folder, { endpoint: seqr.endpoint, quantity: "14.000", rate: "40" }) };
}

/** The scene with a simulated pump at the far end of a wire. */
async function pumpScene() {
  const stage = await scene();
  const pty = await openPty(stage.folder, "pump");
  atEnd(() => pty.unplug());
  const pump = await startDevice(simulator, pty.device);
  atEnd(() => pump.close());
  const config = parse(readFileSync(stage.config, "utf8"));
  config.positions[0].dispenser = { profile: "fuel-dart", port: pty.host, priceDecimals: 2 };
  writeFileSync(stage.config, stringify(config));
  return { ...stage, pump };
}

/** Plays the customer until it dispenses. */
async function dispensing(stage: Scene, daemon: DaemonProcess): Promise<void> {
  await confirmed(stage, daemon);
  await daemon.until("it dispenses", ({ state }) => state === "dispensing");
}

async function confirmed({ seqr }: Scene, daemon: DaemonProcess): Promise<void> {
  await daemon.until("the kiosk is ready", ({ available }) => available);
  await daemon.post("select", { reserve: "100.00" });
  await daemon.until("a code is shown", ({ state }) => state === "offered");
  const bill = seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
  seqr.book.confirm(Date.now(), bill?.reference ?? "");
}

async function flows(daemon: DaemonProcess): Promise<void> {
  const before = Number((await daemon.view()).quantity);
  await daemon.until("something flows", ({ quantity }) => Number(quantity) > before + 0.1);
}

function flowed({ folder }: Scene): number {
  return Number(readFileSync(join(folder, "simulated-1.register"), "utf8") || "0");
}

/** All was settled for exactly what had flowed. */
function expectSettled(stage: Scene): void {
  const [bill] = stage.seqr.book.bills(Date.now());
  expect(bill?.status).toBe("PAID");
  expect(flowed(stage)).toBeGreaterThan(0);
  expect(stage.seqr.book.chargedMinor(Date.now())).toBe(priceMinor(DIESEL, flowed(stage)));
}

describe("a signal in the middle of a delivery", SIDE_BY_SIDE, () => {
  it("is one of which it is decided what it does", () => {
    expect(new Set(Object.keys(DECISIONS))).toEqual(new Set(Object.keys(machine.signals)));
  });

  it.each(sample("signals that end", of("ends in order"), 2))("%s ends it in order", async (signal) => {
    const stage = await scene();
    const daemon = new DaemonProcess(stage.config);
    await dispensing(stage, daemon);
    await flows(daemon);
    await daemon.kill(signal);
    expect(daemon.child.exitCode).toBe(0);
    expect(daemon.log.at(-1)).toContain('"msg":"ended"');
    expectSettled(stage);
  });

  it("that means nothing to it does nothing to it, and opens no debugger", async () => {
    const stage = await scene();
    const daemon = new DaemonProcess(stage.config);
    await dispensing(stage, daemon);
    for (const signal of of("is borne")) {
      daemon.child.kill(signal);
      await flows(daemon);
      expect([signal, daemon.ended]).toEqual([signal, false]);
    }
    await daemon.kill("SIGTERM");
    expect(daemon.log.join("\n")).not.toMatch(/debugger/i);
    expectSettled(stage);
  });

  it("that opened Node's debugger while it was being loaded leaves none open", async () => {
    const { config } = await scene();
    const daemon = new DaemonProcess(config);
    await eventually("Node listens to it", () => catches(daemon.child.pid ?? 0, "SIGUSR1"));
    daemon.child.kill("SIGUSR1");
    await daemon.serving();
    await eventually("Node tells that it listens", () => daemon.log.join("\n").includes("Debugger listening"));
    const own = Number(new URL(await daemon.serving()).port);
    await eventually("its debugger is closed", () => String(listeningPorts(daemon.child.pid ?? 0)) === String([own]));
    await daemon.kill("SIGTERM");
  });

  it("that a closing terminal sends twice at once does not cut its end short", async () => {
    const stage = await scene();
    const daemon = new DaemonProcess(stage.config);
    await dispensing(stage, daemon);
    await flows(daemon);
    for (const signal of ["SIGHUP", "SIGHUP", "SIGCONT", "SIGTERM"] as const) daemon.child.kill(signal);
    await daemon.end();
    expect(daemon.child.exitCode).toBe(0);
    expectSettled(stage);
  });
});

/** Whether a process has a handler of its own for a signal. */
function catches(pid: number, signal: NodeJS.Signals): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${caught}`) >> BigInt(machine.signals[signal] - 1)) & 1n) === 1n;
}

/** The TCP ports of this machine that a process listens on. */
function listeningPorts(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "";
    }
  });
  const rows = readFileSync(`/proc/${pid}/net/tcp`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((row) => row.trim().split(/\s+/));
  const own = rows.filter(([, , , state, , , , , , inode]) => state === "0A" && sockets.includes(`socket:[${inode}]`));
  return own.map(([, local]) => Number.parseInt(local?.split(":")[1] ?? "", 16));
}

describe("standard output that nobody reads", SIDE_BY_SIDE, () => {
  it("keeps nobody waiting who tells the daemon to end", async () => {
    const { config, folder } = await scene();
    const port = await freePort();
    const settings = parse(readFileSync(config, "utf8"));
    settings.display.listen = `127.0.0.1:${port}`;
    writeFileSync(config, stringify(settings));
    // A pipe of which nothing is taken, full before the daemon begins.
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    expect(() => {
      for (;;) writeSync(fd, "x".repeat(4_096));
    }).toThrow("EAGAIN");
    const child = spawn(process.execPath, [MAIN, "run", "--config", config], { stdio: ["ignore", fd, "ignore"] });
    closeSync(fd);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    atEnd(() => {
      child.kill("SIGKILL");
      closeSync(reader);
    });
    const health = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/health`)).ok;
    await eventually("it serves", async () => await health().catch(() => false));
    child.kill("SIGTERM");
    // The pipe is never read: whoever waits for it waits for ever.
    await eventually("it ends", () => child.exitCode !== null || child.signalCode !== null, POLICY.shutdownMs);
    expect(child.exitCode).toBe(0);
  });
});

/** A command in a terminal of its own, which socat holds; what is written to socat's input is typed there. */
function inTerminal(command: string): { readonly socat: ChildProcess; text(): string } {
  const socat = spawn("socat", ["-", `EXEC:"${command}",pty,setsid,ctty,sighup,stderr`], { stdio: "pipe" });
  let text = "";
  socat.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  atEnd(() => socat.kill("SIGKILL"));
  return { socat, text: () => text };
}

/** A script that runs a command of the program, tells it of a hang-up as a shell does, and writes the exit code down. */
function told(folder: string, args: string): string {
  const script = join(folder, "in-terminal.sh");
  const lines = [
    "exec 3<&0",
    `${process.execPath} ${MAIN} ${args} <&3 &`,
    'trap "kill -HUP $!" HUP',
    // The first one is interrupted by the hang-up.
    "wait $!; wait $!",
    `echo $? > ${join(folder, "code")}`,
  ];
  writeFileSync(script, lines.join("\n"));
  return `sh ${script}`;
}

async function exitCode(folder: string): Promise<string> {
  const path = join(folder, "code");
  await eventually("it has ended", () => existsSync(path) && readFileSync(path, "utf8") !== "", 15_000);
  return readFileSync(path, "utf8").trim();
}

async function stateOf(url: string): Promise<{ state: string; quantity: string }> {
  const answer = await fetch(new URL("/api/state", url));
  return ((await answer.json()) as { positions: [{ state: string; quantity: string }] }).positions[0];
}

describe.skipIf(!needs("socat", "/usr/bin/socat"))("the terminal that the daemon runs in", SIDE_BY_SIDE, () => {
  async function started() {
    const stage = await scene();
    const settings = parse(readFileSync(stage.config, "utf8"));
    settings.display.listen = `127.0.0.1:${await freePort()}`;
    writeFileSync(stage.config, stringify(settings));
    const terminal = inTerminal(told(stage.folder, `run --config ${stage.config}`));
    await eventually("it serves", () => terminal.text().includes('"msg":"serving"'));
    const url = `http://${settings.display.listen}`;
    await fetch(new URL("/api/positions/1/select", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reserve: "300.00" }),
    });
    await eventually("a code is shown", async () => (await stateOf(url)).state === "offered");
    const [bill] = stage.seqr.book.bills(Date.now());
    stage.seqr.book.confirm(Date.now(), bill?.reference ?? "");
    await eventually("it dispenses", async () => Number((await stateOf(url)).quantity) > 0.2);
    return { ...stage, terminal, url };
  }

  it("stops the flow of text, and not the daemon", async () => {
    const { terminal, url } = await started();
    terminal.socat.stdin?.write("\x13");
    const before = Number((await stateOf(url)).quantity);
    for (let count = 0; count < 40; count++) await fetch(new URL("/nowhere", url));
    await eventually("it goes on", async () => Number((await stateOf(url)).quantity) > before + 0.3, 10_000);
    terminal.socat.stdin?.write("\x11");
  });

  it("goes away, and the sale is settled", async () => {
    const stage = await started();
    stage.terminal.socat.kill("SIGKILL");
    await eventually("it is paid", () => stage.seqr.book.bills(Date.now())[0]?.status === "PAID", 15_000);
    expect(await exitCode(stage.folder)).toBe("0");
    expectSettled(stage);
  });

  it.each(["simulate seqr --listen 127.0.0.1:0", "demo", "demo --auto"])(
    "goes away under %s, which ends in order",
    async (args) => {
      const folder = tempFolder();
      const terminal = inTerminal(told(folder, args));
      await eventually("it has begun", () => /endpoint|Dispensing|Ctrl-C/.test(terminal.text()));
      terminal.socat.kill("SIGKILL");
      expect(await exitCode(folder)).toBe("0");
    },
  );

  it("has it in its background, and can still reach it", async () => {
    const stage = await scene();
    const settings = parse(readFileSync(stage.config, "utf8"));
    const listen = `127.0.0.1:${await freePort()}`;
    settings.display = { driver: "terminal", listen, required: false };
    writeFileSync(stage.config, stringify(settings));
    writeFileSync(join(stage.folder, "log"), "");
    const terminal = inTerminal("bash --norc -i");
    terminal.socat.stdin?.write(`${process.execPath} ${MAIN} run --config ${stage.config} 2>${stage.folder}/log &\n`);
    await eventually("it serves", () => readFileSync(join(stage.folder, "log"), "utf8").includes('"msg":"serving"'));
    terminal.socat.stdin?.write("echo typed\n");
    await sleep(500);
    expect((await fetch(`http://${listen}/api/state`)).ok).toBe(true);
    expect(readFileSync(join(stage.folder, "log"), "utf8")).toContain("in the background of it");
    terminal.socat.stdin?.write("fg\n");
    await eventually("it draws", () => terminal.text().includes("\u001b[?1049h"), 15_000);
  });
});

describe.skipIf(!needs("socat", "/usr/bin/socat"))("an error that nobody foresaw", SIDE_BY_SIDE, () => {
  it.each(["throw", "reject"])("(%s) closes the outputs before the daemon ends", async (kind) => {
    const stage = await pumpScene();
    // The fourth event is written when the delivery begins.
    const daemon = new DaemonProcess(stage.config, { KIOSKD_FAILPOINT: `${kind}:4` });
    await confirmed(stage, daemon);
    await eventually("it may flow", () => stage.pump.state()["status"] === "authorized");
    stage.pump.act("lift");
    stage.pump.act("squeeze");
    await eventually("it flows", () => stage.pump.state()["flowing"] === true);
    await daemon.end();
    expect(daemon.child.exitCode).toBe(1);
    expect(daemon.log.join("\n")).toContain("a failpoint was reached");
    const releasedBase = stage.pump.releasedBase();
    await sleep(1_000);
    expect(stage.pump.releasedBase()).toBe(releasedBase);
    const again = new DaemonProcess(stage.config);
    stage.pump.act("release");
    stage.pump.act("hang-up");
    await eventually("it is settled", () => stage.seqr.book.bills(Date.now())[0]?.status === "PAID");
    expect(stage.seqr.book.chargedMinor(Date.now())).toBe(priceMinor(DIESEL, Math.floor(releasedBase / 10) * 10));
    await again.kill("SIGTERM");
  });
});
