import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { kitFor } from "../../src/cli/payment-kit.ts";
import { maskerOf } from "../../src/payments/seqr/commands/certification/mask-secrets.ts";
import { markdown } from "../../src/payments/seqr/commands/certification/report.ts";
import { indented } from "../../src/payments/seqr/commands/certification/xml.ts";
import type { SeqrCertifyOptions } from "../../src/payments/seqr/commands/certify.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { CliError, UsageError } from "../../src/platform/console/failure.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { writeConfig } from "../support/config.ts";
import { tempFolder } from "../support/temp.ts";

type Row = Readonly<Record<"number" | "name" | "expected" | "seen" | "result", string>>;

const [seqr] = PLUG_INS.payments;

async function certify(options: SeqrCertifyOptions): Promise<void> {
  await seqr.commands.books.find(({ name }) => name === "certify")?.run(kitFor(seqr), options, "");
}

interface Rig {
  readonly simulator: SeqrSimulator;
  readonly config: string;
  readonly report: string;
  /** Runs the command; null when it ended green. */
  run(options?: { json?: boolean }): Promise<{ readonly error: unknown; readonly out: string }>;
  post(path: string, body: object): Promise<void>;
  /** Terminals with their passwords, and what became of them. */
  readonly registered: () => readonly { readonly id: string; readonly password: string }[];
  readonly unregistered: () => readonly string[];
  written(): string;
}

async function rig(reportDelayMs = 0): Promise<Rig> {
  const simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs });
  onTestFinished(() => simulator.close());
  const folder = tempFolder();
  const config = writeConfig(folder, { endpoint: simulator.endpoint });
  const report = join(folder, "report.md");
  const register = vi.spyOn(simulator.book.accounts, "register");
  const unregister = vi.spyOn(simulator.book.accounts, "unregister");
  return {
    simulator,
    config,
    report,
    async run(options = {}) {
      const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
      const onStderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      try {
        const error = await certify({ config, auto: true, report, ...options }).catch((thrown: unknown) => thrown);
        return { error: error ?? null, out: write.mock.calls.map(([chunk]) => String(chunk)).join("") };
      } finally {
        write.mockRestore();
        onStderr.mockRestore();
      }
    },
    async post(path, body) {
      const headers = { "content-type": "application/json" };
      const url = new URL(path, simulator.endpoint);
      expect((await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).status).toBe(200);
    },
    registered: () =>
      register.mock.results.map(({ value }, index) => ({
        id: String(value),
        password: register.mock.calls[index]?.[1] ?? "",
      })),
    unregistered: () => unregister.mock.calls.map(([id]) => id),
    written: () => readFileSync(report, "utf8"),
  };
}

function rowsOf(out: string): readonly Row[] {
  return JSON.parse(out).steps;
}

function resultsOf(out: string): Readonly<Record<string, string>> {
  return Object.fromEntries(rowsOf(out).map(({ number, result }) => [number, result]));
}

const NUMBERS = ["1", "2", "3", "4a", "4c", "4f", "5", "6", "7", "8", "P1", "P2", "P3", "P4", "P5", "9"];

describe("the certification", () => {
  it("ends green, with a table that fits and a report without any password", async () => {
    const { run, written, registered, unregistered, simulator } = await rig(20);
    const { error, out } = await run();
    expect(error).toBeNull();
    const report = written();
    for (const text of [out, report]) {
      expect(text).not.toContain(registered()[0]?.password);
      expect(text).not.toContain("12345678");
      expect(text).not.toContain(">1234<");
    }
    expect(registered()).toHaveLength(1);
    expect(unregistered()).toEqual([registered()[0]?.id]);
    expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    for (const number of NUMBERS) expect(report).toMatch(new RegExp(`^\\| ${number} \\|.*\\| passed \\|$`, "m"));
    expect(report).toContain(`- Endpoint: ${simulator.endpoint}`);
    expect(report).toContain("waited 1 s instead of 30 s");
    expect(report).toMatch(/^ +<clientRequestTimeout>0<\/clientRequestTimeout>$/m);
    expect(report).toMatch(/^ +<password>\*\*\*<\/password>$/m);
    expect(report.match(/<itemTotalAmount>/g)?.length).toBeGreaterThan(2);
    expect(report).toContain("TransactionDetails");
    expect(report).toMatch(/^### \d+\. executeReport$/m);
  });

  it("commits less than was reserved, refunds what was paid, and leaves no bill open", async () => {
    const { run, simulator } = await rig();
    await run();
    const bills = simulator.book.bills(Date.now());
    expect(bills.map(({ status }) => status)).toEqual(["PAID", "CANCELED", "CANCELED", "PAID", "PAID"]);
    const [first, , , refunded, committed] = bills;
    expect(first).toMatchObject({ totalMinor: 350, chargedMinor: 350, receipts: 1 });
    expect(refunded).toMatchObject({ committedMinor: 350, chargedMinor: 0 });
    expect(committed?.committedMinor).toBeLessThan(committed?.reservedMinor ?? 0);
  });

  it("ends red when a status is wrong, names the step, and goes on with what does not depend on it", async () => {
    const { run, post, registered, unregistered, written } = await rig();
    await post("/status-override", { invoiceReference: "*", status: "FAILED" });
    const { error, out } = await run({ json: true });
    expect(error).toBeInstanceOf(CliError);
    expect(String(error)).toContain(
      "failed at step 4a, getPaymentStatus: expected ISSUED before the scan; seen: FAILED.",
    );
    const dependent = ["4c", "4f", "5"];
    for (const [number, result] of Object.entries(resultsOf(out))) {
      expect([number, result]).toEqual([
        number,
        number === "4a" ? "failed" : dependent.includes(number) ? "not run" : "passed",
      ]);
    }
    expect(unregistered()).toEqual(registered().map(({ id }) => id));
    expect(written()).toContain("| 4a | getPaymentStatus | ISSUED before the scan | FAILED | failed |");
  });

  it("ends red at the first step when the reseller's password is wrong, and registers nothing", async () => {
    const { run, config, registered, written } = await rig();
    writeFileSync(join(config, "../secrets/reseller"), "wrong-one", { mode: 0o600 });
    const { error, out } = await run({ json: true });
    expect(String(error)).toContain("step 1, registerTerminal: expected 0 and a terminalId; seen: 20 AUTHENTICATION");
    const [first, ...others] = rowsOf(out);
    expect(first?.result).toBe("failed");
    expect(others.map(({ result }) => result)).toEqual(NUMBERS.slice(1).map(() => "not run"));
    expect(registered()).toEqual([]);
    expect(written()).not.toContain("wrong-one");
  });

  it.each([
    ["assignSeqrId", "2", "connection"],
    ["refundPayment", "7", "connection"],
    ["updateInvoice", "P3", "connection"],
  ])("takes a lost answer to %s as a red step and cleans up", async (operation, number, detail) => {
    const { run, post, registered, unregistered, simulator, written } = await rig();
    await post("/faults", { op: operation, mode: "drop-response" });
    const { out } = await run({ json: true });
    const row = rowsOf(out).find((each) => each.number === number);
    expect(row).toMatchObject({ result: "failed", seen: expect.stringContaining(detail) });
    expect(unregistered()).toEqual(registered().map(({ id }) => id));
    expect(simulator.book.bills(Date.now()).filter(({ status }) => status === "RESERVED")).toEqual([]);
    expect(written()).toContain("No complete answer came.");
  });

  it("wants to be told an id for the printed code unless it plays alone", async () => {
    const { config, report } = await rig();
    await expect(certify({ config, report })).rejects.toThrow(UsageError);
    await expect(certify({ config, report, seqrId: "A-1" })).rejects.toThrow(UsageError);
  });

  it("plays alone on loopback only", async () => {
    const { report } = await rig();
    const config = writeConfig(tempFolder(), { endpoint: "https://payment.example/soap" });
    await expect(certify({ config, report, auto: true })).rejects.toThrow(UsageError);
  });
});

describe("the report", () => {
  it.each([
    ["<a><b>x</b><c/></a>", "<a>\n  <b>x</b>\n  <c/>\n</a>"],
    ["<a><b></b><c><![CDATA[<d>]]></c></a>", "<a>\n  <b></b>\n  <c><![CDATA[<d>]]></c>\n</a>"],
    ["<a><b>x</b><c>y", "<a>\n  <b>x</b>\n  <c>\n    y"],
    ["</a></a>no XML", "</a>\n</a>\nno XML"],
    ["", ""],
  ])("indents %s", (xml, text) => {
    expect(indented(xml)).toBe(text);
  });

  it("is not held up by what is no XML", () => {
    const startedMs = performance.now();
    for (const part of ["<", "<![CDATA[", "</a>", "x"]) indented(part.repeat(200_000));
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it("keeps an answer inside its block", () => {
    const exchange = { operation: "sendInvoice", request: "<a/>", answer: "<b/>\n```\n# Passed", durationMs: 1 };
    const row = { number: "1", name: "x", expected: "a|b", seen: "", result: "failed" as const, exchanges: [exchange] };
    const text = markdown({ date: "", endpoint: "", kiosk: "", clientId: "", notes: [], steps: [row] });
    expect(text).toContain("````xml\n<b/>\n```\n# Passed\n````");
    expect(text).toContain("| a\\|b |");
  });

  it.each([
    ["<p>1234</p> 91234 1234.00", ["1234"], "<p>***</p> 91234 ***.00"],
    ["x-long.secret-x", ["long.secret"], "x-***-x"],
    ["<p>a&amp;b&lt;cdef</p>", ["a&b<cdef"], "<p>***</p>"],
    ["nothing", [""], "nothing"],
  ])("masks %s", (text, secrets, masked) => {
    expect(maskerOf(secrets)({ text })).toEqual({ text: masked });
  });
});
