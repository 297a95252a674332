import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { priceMinor } from "../../src/core/tariff.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { startSimulator as startStripe } from "../../src/payments/stripe/demo.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { openJournalBeside } from "../../src/platform/journal/sqlite/journal.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskd } from "../support/kioskd.ts";
import { DIESEL } from "../support/sale-fixtures.ts";
import { sample } from "../support/sample.ts";

interface Position {
  id: string;
  formerly?: string | string[];
  terminal: { id: string; passwordFile: string };
  dispenser: { driver: string; quantity: string; rate: string; register?: string };
}

interface Config {
  positions: Position[];
  retired?: string[];
  payment: { provider: string; retired?: Record<string, object> };
}

interface Scene {
  readonly seqr: SeqrSimulator;
  readonly folder: string;
  readonly file: string;
}

const TERMINALS = ["other-terminal", "new-terminal"].map((id) => ({ id, password: "12345678" }));

/** A kiosk's folder as the kill left it, and what its service had been asked for. */
interface Killed {
  readonly folder: string;
  /** Of all that is in it. */
  readonly copy: string;
  readonly offers: readonly Parameters<SeqrSimulator["book"]["sendInvoice"]>[];
}

let killed: Killed | null = null;

/** Once for all: each test finds the folder as it was then, and a service that knows the same bill. */
async function killOnce(): Promise<Killed> {
  if (killed !== null) return killed;
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0, terminals: TERMINALS });
  const offers: Parameters<typeof seqr.book.sendInvoice>[] = [];
  const { book } = seqr;
  const sendInvoice = book.sendInvoice.bind(book);
  book.sendInvoice = (...asked) => {
    offers.push(asked);
    return sendInvoice(...asked);
  };
  const folder = mkdtempSync(join(tmpdir(), "kioskd-gone-"));
  const file = writeConfig(folder, { endpoint: seqr.endpoint, quantity: "5.000", rate: "60" });
  change({ file }, ({ positions: [first, ...others] }) => {
    const second = { ...first, id: "2", terminal: { ...first?.terminal, id: "other-terminal" } } as Position;
    return { positions: [first as Position, second, ...others] };
  });
  const daemon = new DaemonProcess(file);
  await daemon.until("the kiosk is ready", ({ available }) => available);
  await daemon.post("select", { reserve: "300.00" });
  const { qr } = await daemon.until("a code is shown", ({ qr }) => qr !== null);
  expect(qr).not.toBeNull();
  const [bill] = book.bills(Date.now());
  book.confirm(Date.now(), bill?.reference ?? "");
  await daemon.until("something flows", ({ quantity }) => Number(quantity) > 1);
  await daemon.kill("SIGKILL");
  await seqr.close();
  expect(offers).toHaveLength(1);
  const copy = mkdtempSync(join(tmpdir(), "kioskd-gone-"));
  cpSync(folder, copy, { recursive: true });
  killed = { folder, copy, offers };
  return killed;
}

afterAll(() => {
  for (const folder of [killed?.folder, killed?.copy]) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
});

/** Position 1 was killed in the middle of a delivery; position 2 has not sold anything. */
async function killedInDelivery(): Promise<Scene> {
  const left = await killOnce();
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0, terminals: TERMINALS });
  onTestFinished(() => seqr.close());
  const { book } = seqr;
  for (const [, ...asked] of left.offers) book.sendInvoice(Date.now(), ...asked);
  for (const { reference } of book.bills(Date.now())) book.confirm(Date.now(), reference);
  const { folder, copy } = left;
  rmSync(folder, { recursive: true });
  cpSync(copy, folder, { recursive: true });
  const stage = { seqr, folder, file: join(folder, "kioskd.yaml") };
  change(stage, ({ payment }) => {
    const section = Reflect.get(payment, "seqr") as object;
    return { payment: { ...payment, seqr: { ...section, endpoint: seqr.endpoint } } as Config["payment"] };
  });
  return stage;
}

/** Somebody edits the configuration. */
function change({ file }: Pick<Scene, "file">, edit: (config: Config) => Partial<Config>): void {
  const config = parse(readFileSync(file, "utf8"));
  writeFileSync(file, stringify({ ...config, ...edit(config) }));
}

const without =
  (id: string, more: Partial<Config> = {}) =>
  ({ positions }: Config): Partial<Config> => ({ positions: positions.filter((each) => each.id !== id), ...more });

const renamed =
  (id: string, formerly?: string | string[]) =>
  ({ positions: [first, ...others] }: Config): Partial<Config> => ({
    positions: [{ ...(first as Position), id, ...(formerly === undefined ? {} : { formerly }) }, ...others],
  });

function flowed({ folder }: Scene): number {
  return Number(readFileSync(join(folder, "simulated-1.register"), "utf8"));
}

function lastSale({ folder }: Scene) {
  const history = openHistory(join(folder, "journal.db"));
  const [sale] = history.latest(1, null);
  history.close();
  return sale;
}

function status({ seqr }: Scene): string | undefined {
  return seqr.book.bills(Date.now())[0]?.status;
}

async function faultsOf(daemon: DaemonProcess): Promise<readonly string[]> {
  const answer = await fetch(`${await daemon.serving()}/api/state`);
  const { positions } = (await answer.json()) as { positions: { faults: { code: string }[] }[] };
  return positions.flatMap(({ faults }) => faults.map(({ code }) => code));
}

async function personIsTold(daemon: DaemonProcess): Promise<void> {
  await eventually("a person is told", async () => (await faultsOf(daemon)).includes("needs-attention"));
}

describe("a position that is gone while its sale is open", () => {
  const gone = [
    ["taken out", without("1")],
    ["renamed", renamed("pump-1")],
  ] as const;
  it.each(sample("positions that are gone", gone, 1))(
    "%s: the start is refused, check-config says so beforehand, and both say what to do",
    async (_what, edit) => {
      const stage = await killedInDelivery();
      change(stage, edit);
      const checked = await kioskd("check-config", "--config", stage.file);
      expect(checked).toMatchObject({ status: 1, out: "" });
      expect(
        checked.err.replace(/, [a-z0-9]+-[a-z0-9]{6},/, ", SALE,").replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, "TIME"),
      ).toBe(
        `Position "1" is not in the configuration, but the journal still holds of it:
  - an open sale, SALE, since TIME UTC: 300.00 SEK reserved; dispensing since the meter stood at 0.000 L
kioskd does not start, because that would be forgotten. What to do, one of:
  1. Put position "1" back into the configuration as it was.
  2. It has a new name, and its dispenser and terminal are still there: write formerly: ["1"] on the position with the new name.
  3. It is gone for good: write retired: ["1"] at the top level of the configuration. The sale goes to a person (needs-attention), who settles it at the payment service.
`,
      );
      const daemon = new DaemonProcess(stage.file);
      await daemon.end();
      expect(daemon.child.exitCode).toBe(1);
      expect(daemon.log.join("\n")).toContain(checked.err.trim());
      expect(status(stage)).toBe("RESERVED");
    },
  );

  it.each(sample("earlier names", [["1"], [["1", "older"]]], 1))(
    "put under its new name with formerly %j it is settled for what flowed",
    async (formerly) => {
      const stage = await killedInDelivery();
      change(stage, renamed("pump-1", formerly));
      expect(await kioskd("check-config", "--config", stage.file)).toMatchObject({ status: 0, err: "" });
      const daemon = new DaemonProcess(stage.file);
      await daemon.until("the sale is closed", ({ available }) => available);
      const chargedMinor = priceMinor(DIESEL, flowed(stage));
      expect(chargedMinor).toBeGreaterThan(1_000);
      expect(stage.seqr.book.chargedMinor(Date.now())).toBe(chargedMinor);
      const sale = lastSale(stage);
      expect(sale).toMatchObject({ position: "1", outcome: "paid", charged: (chargedMinor / 100).toFixed(2) });
      await daemon.kill("SIGTERM");

      const refund = await kioskd("refund", sale?.saleId ?? "", "--amount", "1.00", "--config", stage.file);
      expect(refund).toMatchObject({ status: 0, err: "" });
      change(stage, ({ positions: [first, ...others] }) => ({
        positions: [{ ...(first as Position), formerly: [] }, ...others],
      }));
      const refused = await kioskd("refund", sale?.saleId ?? "", "--config", stage.file);
      expect(refused.status).toBe(1);
      expect(refused.err).toContain(
        'paid at position "1", which is no longer in the configuration, and so is its terminal',
      );
      expect(refused.err).toContain('write formerly: ["1"] on that one');
    },
  );

  it("retired it goes to a person, and nothing more is sent for it", async () => {
    const stage = await killedInDelivery();
    change(stage, without("1", { retired: ["1"] }));
    expect(await kioskd("check-config", "--config", stage.file)).toMatchObject({ status: 0, err: "" });
    const daemon = new DaemonProcess(stage.file);
    await daemon.until("the rest sells", ({ available }) => available);
    await personIsTold(daemon);
    expect(daemon.log.join("\n")).toContain(
      `its position \\"1\\" is retired: settle or release it at the payment service`,
    );
    expect(lastSale(stage)).toMatchObject({
      position: "1",
      outcome: "needs-attention",
      reason: "position-gone",
      reserved: "300.00",
      charged: "0.00",
      meterCertain: false,
    });
    expect(status(stage)).toBe("RESERVED");
    await daemon.kill("SIGTERM");
    const again = new DaemonProcess(stage.file);
    await again.until("the rest sells again", ({ available }) => available);
  });

  it("a block of it follows its new name, and holds without the old one", async () => {
    const stage = await killedInDelivery();
    const journal = openJournalBeside({ path: join(stage.folder, "journal.db") });
    const block = { type: "blocked", reason: "leak", position: "1", atMs: Date.now() } as const;
    await journal.note("orders", "1", () => block);
    await journal.close();
    change(stage, renamed("pump-1"));
    expect((await kioskd("check-config", "--config", stage.file)).err).toMatch(
      / {2}- an operator's block since .* UTC: leak\n/,
    );
    change(stage, renamed("pump-1", "1"));
    const blocked = /Position pump-1, [\s\S]* blocked +since .* UTC: leak\n/;
    expect((await kioskd("status", "--config", stage.file)).out).toMatch(blocked);
    const daemon = new DaemonProcess(stage.file);
    await daemon.until("the sale is closed", () => lastSale(stage) !== undefined);
    expect(await faultsOf(daemon)).toContain("operator-block");
    expect((await kioskd("status", "--config", stage.file)).out).toMatch(blocked);
    await daemon.kill("SIGTERM");
    change(stage, ({ positions: [first, ...others] }) => ({
      positions: [{ ...(first as Position), formerly: [] }, ...others],
    }));
    const later = new DaemonProcess(stage.file);
    await later.serving();
    expect(await faultsOf(later)).toContain("operator-block");
  });
});

describe("a payment service that was exchanged while a sale is open", () => {
  it("kept as retired settles the sale and gives its money back; without it the way to that is named", async () => {
    const stage = await killedInDelivery();
    const stripe = await startStripe({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => stripe.close());
    const { section } = stripe.configuration((name, value) => {
      writeFileSync(join(stage.folder, "secrets", name), value, { mode: 0o600 });
      return `secrets/${name}`;
    });
    change(stage, ({ payment }) => ({
      payment: { provider: "stripe", stripe: section, retired: { seqr: Reflect.get(payment, "seqr") } },
    }));
    expect(await kioskd("check-config", "--config", stage.file)).toMatchObject({ status: 0 });
    const daemon = new DaemonProcess(stage.file);
    await daemon.until("the sale is closed, and the new one sells", ({ available }) => available);
    const chargedMinor = priceMinor(DIESEL, flowed(stage));
    expect(chargedMinor).toBeGreaterThan(1_000);
    expect(stage.seqr.book.chargedMinor(Date.now())).toBe(chargedMinor);
    const sale = lastSale(stage);
    expect(sale).toMatchObject({ outcome: "paid", provider: "seqr", charged: (chargedMinor / 100).toFixed(2) });
    await daemon.post("select", { reserve: "300.00" });
    const { qr } = await daemon.until("a code of the new one is shown", ({ qr }) => qr !== null);
    expect(qr).toMatch(/^http.*cs_test_/);
    await daemon.post("cancel", {});
    await daemon.until("the code is taken back", ({ qr }) => qr === null);
    await daemon.kill("SIGTERM");

    const refund = (): ReturnType<typeof kioskd> =>
      kioskd("refund", sale?.saleId ?? "", "--amount", "1.00", "--config", stage.file);
    expect(await refund()).toMatchObject({ status: 0 });
    change(stage, ({ payment: { retired: _gone, ...payment }, positions }) => ({
      payment,
      positions: positions.map(({ terminal: _account, ...position }) => position as Position),
    }));
    expect(await refund()).toMatchObject({
      status: 1,
      err: expect.stringContaining("Put its section below payment.retired"),
    });
  });
});

describe("a position whose devices were exchanged while its sale is open", () => {
  it("with another terminal: the delivery is measured, and a person gets it", async () => {
    const stage = await killedInDelivery();
    change(stage, ({ positions: [first, ...others] }) => ({
      positions: [
        { ...(first as Position), terminal: { id: "new-terminal", passwordFile: "secrets/terminal-1" } },
        ...others,
      ],
    }));
    const daemon = new DaemonProcess(stage.file);
    await eventually("the sale is closed", () => lastSale(stage) !== undefined);
    expect(lastSale(stage)).toMatchObject({
      outcome: "needs-attention",
      reason: "terminal-changed",
      meterCertain: true,
    });
    expect(Number(lastSale(stage)?.quantity)).toBe(flowed(stage) / 1_000);
    await personIsTold(daemon);
    expect(daemon.log.join("\n")).toContain("its position has another terminal now, which does not reach it");
    expect(status(stage)).toBe("RESERVED");
  });

  it("with another meter: nothing is charged by it, and a person gets it", async () => {
    const stage = await killedInDelivery();
    writeFileSync(join(stage.folder, "other.register"), "900000");
    change(stage, ({ positions: [first, ...others] }) => {
      const { dispenser } = first as Position;
      const exchanged = { ...dispenser, register: join(stage.folder, "other.register") };
      return { positions: [{ ...(first as Position), dispenser: exchanged }, ...others] };
    });
    const daemon = new DaemonProcess(stage.file);
    await eventually("the sale is closed", () => lastSale(stage) !== undefined);
    expect(lastSale(stage)).toMatchObject({ outcome: "needs-attention", reason: "meter-changed", charged: "0.00" });
    await personIsTold(daemon);
    expect(daemon.log.join("\n")).toContain("its position has another meter now: read the one it was delivered by");
    expect(status(stage)).toBe("RESERVED");
  });
});
