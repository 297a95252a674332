import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { atEnd, knowEachTest, SIDE_BY_SIDE } from "../support/at-end.ts";
import { hasZbarimg, scan } from "../support/browser.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn, MAIN, program, type Result } from "../support/kioskd.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

interface Stage {
  readonly seqr: SeqrSimulator;
  readonly folder: string;
  readonly config: string;
  kioskd(...args: string[]): Promise<Result>;
  /** Always as a program of its own. */
  program(...args: string[]): Promise<Result>;
  /** The same at a terminal, where somebody types the answer; all that the terminal shows. */
  atTerminal(answer: string, ...args: string[]): Promise<string>;
}

async function stage(change: (config: Record<string, unknown>) => object = (config) => config): Promise<Stage> {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs: 100 });
  atEnd(() => seqr.close());
  const folder = tempFolder();
  const config = writeConfig(folder, { endpoint: seqr.endpoint, quantity: "2.000", rate: "3000" });
  writeFileSync(config, stringify(change(parse(readFileSync(config, "utf8")))));
  const kioskd = kioskdOn(config);
  const programOn = kioskdOn(config, program);
  const atTerminal = async (answer: string, ...args: string[]): Promise<string> => {
    const command = [MAIN, ...args, "--config", config].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"]);
    let shown = "";
    child.stdout.on("data", (data: Buffer) => {
      shown += data.toString();
    });
    await eventually("a question is asked", async () => shown.includes("[y/N]"));
    child.stdin.write(`${answer}\n`);
    await once(child, "exit");
    return shown;
  };
  return { seqr, folder, config, kioskd, program: programOn, atTerminal };
}

/** Sells so many times and ends the daemon; the sales' ids. */
async function sell({ seqr, config }: Stage, times: number): Promise<string[]> {
  const daemon = new DaemonProcess(config);
  const ids: string[] = [];
  for (let sale = 0; sale < times; sale++) {
    await daemon.until(
      "the kiosk is ready",
      ({ available, saleId }) => available && (sale === 0 || saleId === ids.at(-1)),
    );
    await daemon.post("select", { reserve: "100.00" });
    await daemon.until("a code is shown", ({ qr, saleId }) => qr !== null && saleId !== ids.at(-1));
    const open = seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
    seqr.book.confirm(Date.now(), open?.reference ?? "");
    const { saleId } = await daemon.until(
      "it is closed",
      (view) => view.state === "closed" && view.saleId !== ids.at(-1),
    );
    ids.push(saleId ?? "");
  }
  await daemon.kill("SIGTERM");
  return ids;
}

function charged({ seqr }: Stage): number {
  return seqr.book.chargedMinor(Date.now());
}

async function post({ seqr }: Stage, path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(new URL(path, seqr.phoneUrl), { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.ok, await answer.text()).toBe(true);
}

describe("refunds on the command line", SIDE_BY_SIDE, () => {
  it("give back a part, then the rest, and no more", async () => {
    const scene = await stage();
    const [sale = ""] = await sell(scene, 1);
    expect(charged(scene)).toBe(3978);
    const part = await scene.kioskd("refund", sale, "--amount", "10.00");
    expect(part).toMatchObject({ status: 0, err: "" });
    expect(part.out).toMatch(/^10\.00 SEK of sale \S+ given back \(\S+\); 29\.78 SEK are left\.$/m);
    expect(charged(scene)).toBe(2978);
    expect((await scene.kioskd("refund", sale, "--amount", "30.00")).err).toContain(
      "more than what is left of the payment",
    );
    const unasked = await scene.kioskd("refund", sale);
    expect(unasked.status).toBe(2);
    expect(unasked.err).toContain(`Give back 29.78 SEK, all that is left of sale ${sale}?`);
    expect(unasked.err).toContain("add --yes");
    expect(charged(scene)).toBe(2978);
    expect((await scene.kioskd("refund", sale, "--yes")).out).toContain("29.78 SEK of sale");
    expect(charged(scene)).toBe(0);
    const again = await scene.kioskd("refund", sale);
    expect(again.status).toBe(1);
    expect((await scene.kioskd("sales", "show", sale)).out).toMatch(/Refund made: 10\.00[\s\S]*Refund made: 29\.78/);
    expect((await scene.kioskd("refund", "nobody")).err).toContain('There is no closed sale "nobody"');
  });

  it("are asked about at a terminal, and made only after a yes", async () => {
    const scene = await stage();
    const [sale = ""] = await sell(scene, 1);
    const no = await scene.atTerminal("n", "refund", sale);
    expect(no).toContain(`Give back 39.78 SEK, all that is left of sale ${sale}? [y/N]`);
    expect(no).toContain("Nothing was done.");
    expect(charged(scene)).toBe(3978);
    expect(await scene.atTerminal("y", "refund", sale)).toContain("39.78 SEK of sale");
    expect(charged(scene)).toBe(0);
  });

  it("whose answer is lost are made once, or left to a person", async () => {
    const scene = await stage();
    const [whole = "", part = ""] = await sell(scene, 2);
    await post(scene, "/faults", { op: "refundPayment", mode: "drop-request", count: 1 });
    expect((await scene.kioskd("refund", whole, "--yes")).status).toBe(0);
    expect(charged(scene)).toBe(3978);
    await post(scene, "/faults", { op: "refundPayment", mode: "drop-response", count: 1 });
    const unclear = await scene.kioskd("refund", part, "--amount", "5.00");
    expect(unclear.status).toBe(1);
    expect(unclear.err).toContain(`kioskd refund ${part} --settle made`);
    expect((await scene.kioskd("refund", part, "--amount", "5.00")).err).toContain("could give the money back twice");
    expect(charged(scene)).toBe(3478);
    expect((await scene.kioskd("sales", "list")).out).toMatch(new RegExp(`${part} .* 39\\.78 +0\\.00\\?`));
    expect((await scene.kioskd("refund", part, "--settle", "made")).status).toBe(0);
    expect((await scene.kioskd("refund", part, "--yes")).out).toContain("34.78 SEK of sale");
    expect(charged(scene)).toBe(0);
  });

  it.each(sample("late noes", [33, 10], 1))(
    "whose answer is lost, and then refused with %i, are not noted as refused",
    async (code) => {
      const scene = await stage();
      const [sale = ""] = await sell(scene, 1);
      await post(scene, "/faults", { op: "refundPayment", mode: "drop-response", count: 1 });
      await post(scene, "/faults", { op: "refundPayment", mode: "result-code", resultCode: code, count: 1 });
      const unclear = await scene.kioskd("refund", sale, "--amount", "30.00");
      expect(charged(scene)).toBe(978);
      expect(unclear.status).toBe(1);
      expect(unclear.err).toContain("either this refund was made, or money was given back at the service");
      expect((await scene.kioskd("sales", "show", sale)).out).toContain("Refund without a clear answer: 30.00");
      expect((await scene.kioskd("refund", sale, "--amount", "9.00")).err).toContain("no clear answer yet");
      expect((await scene.kioskd("refund", sale, "--settle", "made")).status).toBe(0);
      const [listed] = JSON.parse((await scene.kioskd("sales", "list", "--json")).out) as object[];
      expect(listed).toMatchObject({ charged: "39.78", refunded: "30.00", refundable: "9.78", refundUnclear: false });
    },
  );

  it("of two programs at once are one refund, and the other program says so", async () => {
    const scene = await stage(({ payment, ...rest }) => {
      const { seqr, ...provider } = payment as { seqr: object };
      return { ...rest, payment: { ...provider, seqr: { ...seqr, requestTimeout: "30s" } } };
    });
    const [sale = ""] = await sell(scene, 1);
    await post(scene, "/faults", { op: "refundPayment", mode: "delay", delayMs: 15_000, count: 1 });
    const first = scene.program("refund", sale, "--amount", "30.00");
    await eventually("the first is on its way", async () => charged(scene) === 978);
    const second = await scene.kioskd("refund", sale, "--amount", "30.00");
    expect(second.status).toBe(1);
    expect(second.err).toContain("Another kioskd is giving money back right now");
    expect((await scene.kioskd("refund", sale, "--settle", "not-made")).err).toContain("Another kioskd");
    expect((await first).out).toContain("30.00 SEK of sale");
    expect(charged(scene)).toBe(978);
    const shown = await scene.kioskd("sales", "show", sale);
    expect(shown.out.match(/Refund .*/g)).toEqual([expect.stringContaining("Refund made: 30.00")]);
    const list = await scene.kioskd("sales", "list");
    expect(list.out).toMatch(/QUANTITY +CHARGED +REFUND\n.* 39\.78 +30\.00 *$/m);
    expect(Math.max(...list.out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("of a program that was killed are not joined where the money could go back twice", async () => {
    const scene = await stage();
    const [sale = ""] = await sell(scene, 1);
    await post(scene, "/faults", { op: "refundPayment", mode: "delay", delayMs: 60_000, count: 1 });
    const words = [MAIN, "refund", sale, "--amount", "10.00", "--config", scene.config];
    const killed = spawn(process.execPath, words, { stdio: "ignore" });
    await eventually("the refund is made", async () => charged(scene) === 2978);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const again = await scene.kioskd("refund", sale, "--amount", "10.00");
    expect(again.err).toContain("could give the money back twice");
    expect(charged(scene)).toBe(2978);
  });
});

describe("the books", SIDE_BY_SIDE, () => {
  it("agree after an honest day, refunds included, and the report can be read", async () => {
    const scene = await stage();
    const ids = await sell(scene, 2);
    await scene.kioskd("refund", ids[0] ?? "", "--amount", "10.00");
    const result = await scene.kioskd("reconcile");
    expect(result).toMatchObject({ status: 0, err: "" });
    expect(result.out).toMatch(/Position 1, .* period \S+: 3 agree\./);
    const report = await scene.kioskd("report", "STD_RECON_007", "--position", "1");
    expect(report.out).toMatch(/TerminalId +CashierId +SalesAmount +ErsReference/);
    expect(report.out.match(/39\.78000/g)).toHaveLength(2);
    expect(report.out).toContain("-10.00000");
    expect((await scene.kioskd("report", "STD_RECON_007", "--position", "1", "--format", "xml")).out).toContain(
      "<TransactionDetails",
    );
    expect((await scene.kioskd("reconcile", "--show", "--json")).out).toContain('"matched": 3');
  });

  it("show exactly the differences that were planted", async () => {
    const scene = await stage();
    await sell(scene, 3);
    const [first, second] = scene.seqr.book.bills(Date.now()).map(({ ersReference }) => ersReference);
    await post(scene, "/books", { op: "change", ersReference: first, amount: "12.00" });
    await post(scene, "/books", { op: "forget", ersReference: second });
    await post(scene, "/books", { op: "add", terminalId: "demo-terminal", amount: "7.00", currency: "SEK" });
    const result = await scene.kioskd("reconcile");
    expect(result.status).toBe(1);
    expect(result.out).toContain("1 agree");
    expect(result.out).toMatch(new RegExp(`other amount +${first} .* 39\\.78 +12\\.00`));
    expect(result.out).toMatch(/missing here .* - +7\.00/);
    // The sales are younger than the time within which a booking may fall into the next period.
    expect(result.out).not.toContain("missing there");
    expect(Math.max(...result.out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
  });
});

describe("receipts", SIDE_BY_SIDE, () => {
  it("are attached to the payment, once it is made", async () => {
    const scene = await stage(({ payment, ...rest }) => {
      const { seqr, ...provider } = payment as { seqr: object };
      return {
        ...rest,
        payment: { ...provider, seqr: { ...seqr, receipt: { mimeType: "text/html", content: "html" } } },
      };
    });
    await sell(scene, 1);
    const audit = async (): Promise<string> => await (await fetch(new URL("/audit", scene.seqr.phoneUrl))).text();
    await eventually("the receipt is there", async () => /"receipts":1/.test(await audit()));
    expect(await audit()).toContain("text/html");
  });

  it("are attached in the end when the terminal is refused for a moment, and passed over when they are refused", async () => {
    const scene = await stage(({ payment, ...rest }) => {
      const { seqr, ...provider } = payment as { seqr: object };
      return { ...rest, payment: { ...provider, seqr: { ...seqr, receipt: { mimeType: "text/plain" } } } };
    });
    await post(scene, "/faults", { op: "submitPaymentReceipt", mode: "result-code", resultCode: 33, count: 1 });
    await post(scene, "/faults", { op: "submitPaymentReceipt", mode: "result-code", resultCode: 23, count: 1 });
    const [first = "", second = ""] = await sell(scene, 2);
    const daemon = new DaemonProcess(scene.config);
    const receipts = async (): Promise<number[]> => {
      const audit = await (await fetch(new URL("/audit", scene.seqr.phoneUrl))).text();
      return [...audit.matchAll(/"receipts":(\d+)/g)].map(([, count]) => Number(count));
    };
    await eventually("one receipt is there", async () => (await receipts()).includes(1));
    expect((await receipts()).toSorted((one, other) => one - other)).toEqual([0, 1]);
    await daemon.kill("SIGTERM");
    expect((await scene.kioskd("sales", "show", first)).out).toContain("Receipt refused by the payment service: 23");
    expect((await scene.kioskd("sales", "show", second)).out).not.toContain("Receipt refused");
  });
});

describe.skipIf(!hasZbarimg())("the sticker of a position", () => {
  it("carries its code", async () => {
    const scene = await stage(({ positions, ...rest }) => ({
      ...rest,
      positions: (positions as object[]).map((position) => ({ ...position, seqrId: "4711ABC", code: "sticker" })),
    }));
    const file = join(scene.folder, "sticker.png");
    expect(
      await scene.kioskd("terminal", "sticker", "--position", "1", "--format", "png", "--out", file),
    ).toMatchObject({ status: 0 });
    expect(scan(file)).toBe("HTTP://SEQR.SE/Q4711ABC");
    expect(statSync(file).size).toBeGreaterThan(200);
    const daemon = new DaemonProcess(scene.config);
    await daemon.until("the kiosk is ready", ({ available }) => available);
    await daemon.post("select", { reserve: "100.00" });
    expect((await daemon.until("a code is shown", ({ qr }) => qr !== null)).qr).toBe("HTTP://SEQR.SE/Q4711ABC");
  });
});
