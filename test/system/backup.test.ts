import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { filesIn } from "../../src/config/plug-ins.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { PLUG_INS } from "../../src/wiring/plug-ins.ts";
import { smallDisk } from "../campaign/disk.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskd } from "../support/kioskd.ts";
import { HAPPY, PAID } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";

function sales(folder: string): readonly { seq: number; saleId: string; outcome: string }[] {
  const history = openHistory(join(folder, "journal.db"));
  const found = history.latest(10, null);
  history.close();
  return found;
}

async function sell(seqr: SeqrSimulator, daemon: DaemonProcess, folder: string): Promise<void> {
  await daemon.until("the kiosk is ready", ({ available }) => available);
  const before = sales(folder).length;
  expect(await daemon.post("select", { reserve: "100.00" })).toBeLessThan(300);
  await daemon.until("a code is shown", ({ qr }) => qr !== null);
  const bill = seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
  seqr.book.confirm(Date.now(), bill?.reference ?? "");
  await eventually("the sale is closed", () => sales(folder).length > before);
  expect(sales(folder)[0]).toMatchObject({ seq: before + 1, outcome: "paid" });
}

describe("a kiosk that moves to a new card", () => {
  it("sells on there with the next number; an older backup is noticed where more was sold", async () => {
    const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => seqr.close());
    const [a, b] = [join(tempFolder(), "a"), join(tempFolder(), "b")];
    mkdirSync(a);
    const file = writeConfig(a, { endpoint: seqr.endpoint, quantity: "0.500" });
    const passphrase = join(a, "../passphrase");
    writeFileSync(passphrase, "correct horse\n", { mode: 0o600 });
    const [early, late] = [join(a, "../early.tar"), join(a, "../late.tar")];

    const daemon = new DaemonProcess(file);
    await sell(seqr, daemon, a);
    const selling = sell(seqr, daemon, a);
    const first = await kioskd("backup", early, "--config", file);
    await selling;
    expect(first).toMatchObject({ status: 0, err: "" });
    expect(first.out).toMatch(/is whole: it was read back.*\n.*looked at[.]/);
    expect(first.out).toMatch(/last sale is number [12]/);
    expect(first.out).toContain(`Not in it: ${join(a, "secrets/reseller")}`);
    const whileServing = await kioskd("restore", early, "--config", file, "--yes");
    expect(whileServing).toMatchObject({ status: 1, err: expect.stringContaining("a kioskd runs on it: stop that") });
    await sell(seqr, daemon, a);
    await daemon.kill("SIGTERM");

    const words = ["--with-secrets", "--passphrase-file", passphrase, "--json"];
    const last = await kioskd("backup", late, "--config", file, ...words);
    expect(last).toMatchObject({ status: 0, err: "" });
    expect(JSON.parse(last.out)).toMatchObject({
      ...{ kiosk: "test-1", isEnded: true, leftOut: [] },
      journal: { lastSale: { seq: 3, saleId: sales(a)[0]?.saleId } },
    });
    expect(statSync(late).mode & 0o777).toBe(0o600);
    expect(readFileSync(late).includes("12345678")).toBe(false);

    const fresh = join(b, "kioskd.yaml");
    const moved = await kioskd("restore", late, "--config", fresh, "--yes", "--passphrase-file", passphrase);
    expect(moved).toMatchObject({ status: 0, err: "" });
    expect(readFileSync(fresh, "utf8")).toBe(readFileSync(file, "utf8"));
    expect(readFileSync(join(b, "secrets/terminal-1"), "utf8")).toBe("12345678");
    expect(readFileSync(join(b, "simulated-1.register"), "utf8")).toBe("0000000000001500");
    const onB = new DaemonProcess(fresh);
    await sell(seqr, onB, b);
    await onB.kill("SIGTERM");
    expect(sales(b).map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);

    const back = await kioskd("restore", early, "--config", file, "--yes");
    expect(back).toMatchObject({ status: 0, err: "" });
    expect(back.out).toMatch(/This machine had come further than the backup .*kioskd\s+journal\s+accept/s);
    const kept = readdirSync(a).filter((name) => /^journal[.]db[.]before-restore-\d{8}T\d{6}Z$/.test(name));
    expect(kept).toHaveLength(1);
    const refused = new DaemonProcess(file);
    await refused.end();
    expect(refused.child.exitCode).toBe(1);
    expect(refused.log.join("\n")).toContain("lost its end, or an older copy was put in its place");

    const newest = await kioskd("restore", late, "--config", file, "--yes", "--journal-only");
    expect(newest).toMatchObject({ status: 0, err: "" });
    const again = new DaemonProcess(file);
    await again.until("the kiosk is ready", ({ available }) => available);
    await again.kill("SIGTERM");
    expect(sales(a)[0]?.seq).toBe(3);
  });
});

/** A kiosk that has sold once and does not run. */
async function soldOnce(kiosk = "test-1"): Promise<{ folder: string; file: string; out: string }> {
  const folder = join(tempFolder(), "kiosk");
  mkdirSync(folder);
  const file = writeConfig(folder, { endpoint: "http://127.0.0.1:1/soap" });
  writeFileSync(file, readFileSync(file, "utf8").replace("test-1", kiosk));
  const journal = openJournal({ path: join(folder, "journal.db") });
  for (const event of HAPPY) await journal.append("1", event as SaleEvent, event.type === "captured" ? PAID : null);
  await journal.close();
  return { folder, file, out: join(folder, "../backup.tar") };
}

function around({ folder }: { folder: string }): readonly string[] {
  return readdirSync(join(folder, ".."), { recursive: true }).map(String).sort();
}

describe("an operator who backs up", () => {
  it.each<[string, readonly string[], RegExp, number]>([
    ["into a folder that is not there", ["none/backup.tar"], /There is no folder .*none: make it first, or mount/, 1],
    ["below a file", ["kiosk/kioskd.yaml/backup.tar"], /kioskd.yaml is no folder/, 1],
    ["into a folder as if it were a file", ["kiosk"], /kiosk is no file/, 1],
    ["over a file that is there", ["kiosk/kioskd.yaml"], /is there already: take another name, or add --force/, 1],
    ["secrets without anybody to ask", ["backup.tar", "--with-secrets"], /add --passphrase-file FILE/, 2],
    [
      "secrets with a passphrase that others can read",
      ["backup.tar", "--with-secrets", "--passphrase-file", "kiosk/kioskd.yaml"],
      /--passphrase-file: .* can be read by others/,
      1,
    ],
    [
      "secrets with a short passphrase",
      ["backup.tar", "--with-secrets", "--passphrase-file", "kiosk/secrets/reseller"],
      /shorter than 8 characters/,
      1,
    ],
    ["no secrets with a passphrase", ["backup.tar", "--passphrase-file", "kiosk/secrets/reseller"], /only with/, 2],
  ])("%s is told so, and nothing is left there", async (_what, words, message, status) => {
    const site = await soldOnce();
    const before = around(site);
    const paths = words.map((word) => (word.startsWith("--") ? word : join(site.folder, "..", word)));
    const result = await kioskd("backup", ...paths, "--config", site.file);
    expect(result.err).toMatch(message);
    expect(result).toMatchObject({ status, out: "" });
    expect(around(site).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(before);
  });

  it("on a full disk is told so, and nothing is left there", async ({ skip }) => {
    const site = await soldOnce();
    const disk = smallDisk(join(site.folder, ".."), (line) => process.stderr.write(`${line}\n`));
    if (disk === null) return skip("no disk can be mounted");
    onTestFinished(() => disk.close());
    disk.fill();
    const result = await kioskd("backup", join(disk.folder, "backup.tar"), "--config", site.file);
    expect(result).toMatchObject({ status: 1, out: "" });
    expect(result.err).toMatch(/^The disk of .*backup.tar is full: make room, or take another one. Nothing/);
    expect(readdirSync(disk.folder)).toEqual(["ballast"]);
  });
});

describe("an operator who restores", () => {
  it("a damaged backup, or with nobody to ask, changes nothing", async () => {
    const site = await soldOnce();
    await kioskd("backup", site.out, "--config", site.file);
    const fresh = join(site.folder, "../fresh/etc/kioskd.yaml");
    const before = around(site);
    const unasked = await kioskd("restore", site.out, "--config", fresh);
    expect(unasked).toMatchObject({ status: 2, err: expect.stringContaining("add --yes to agree") });
    expect(unasked.out).toMatch(/journal[.]mark +new/);
    truncateSync(site.out, statSync(site.out).size - 2_000);
    const damaged = await kioskd("restore", site.out, "--config", fresh, "--yes");
    expect(damaged).toMatchObject({ status: 1, err: expect.stringContaining("is not whole") });
    const none = await kioskd("restore", join(site.folder, "none.tar"), "--config", fresh, "--yes");
    expect(none).toMatchObject({ status: 1, err: expect.stringContaining("There is no file") });
    expect(around(site)).toEqual(before);
  });

  it("the backup of another kiosk must say so", async () => {
    const [site, other] = [await soldOnce(), await soldOnce("test-2")];
    await kioskd("backup", other.out, "--config", other.file);
    const refused = await kioskd("restore", other.out, "--config", site.file, "--yes");
    expect(refused.status).toBe(1);
    expect(refused.err).toContain('is of kiosk "test-2", and');
    const wrong = await kioskd("restore", other.out, "--config", site.file, "--yes", "test-1");
    expect(wrong.status).toBe(2);
    const named = await kioskd("restore", other.out, "--config", site.file, "--yes", "test-2");
    expect(named).toMatchObject({ status: 0, err: "" });
    expect(named.out).toMatch(/belongs to another journal: it is put\s+aside/);
    await openJournal({ path: join(site.folder, "journal.db") }).close();
    const kept = around(site).filter((name) => /before-restore/.test(name));
    expect(kept.map((name) => name.replace(/\d{8}T\d{6}/, "TIME"))).toEqual(
      expect.arrayContaining(["kiosk/journal.db.before-restore-TIMEZ", "kiosk/journal.mark.before-restore-TIMEZ"]),
    );
  });

  it("leaves alone what another kiosk has in the folder, whatever it is called", async () => {
    const site = await soldOnce();
    const at = (name: string): string => join(site.folder, name);
    const neighbour = openJournal({ path: at("journal-2024.db") });
    onTestFinished(() => neighbour.close());
    for (const name of ["simulated-1.register", "meter-9.register"]) writeFileSync(at(name), "0000000000001500");
    mkdirSync(at("terminals"));
    writeFileSync(at("terminals/9.json"), "{}", { mode: 0o600 });
    const made = await kioskd("backup", site.out, "--config", site.file);
    expect(made).toMatchObject({ status: 0, err: "" });
    expect(made.out).not.toMatch(/archive|2024|meter-9|terminals/);
    expect(made.out).toMatch(/registers.simulated-1.register/);
    const result = await kioskd("restore", site.out, "--config", site.file, "--yes");
    expect(result).toMatchObject({ status: 0, err: "" });
    expect(result.out).not.toMatch(/2024|put aside/);
    await neighbour.look();
    for (const event of HAPPY) {
      await neighbour.append("1", event as SaleEvent, event.type === "captured" ? PAID : null);
    }
  });

  it("has every kind of file that a device keeps beside the journal, and puts each back", async () => {
    const site = await soldOnce();
    const kinds = filesIn(PLUG_INS).map(({ kind }) => kind);
    expect(kinds).toContain("dispute");
    const files = kinds.map((kind) => join(site.folder, `${kind}-1.register`));
    for (const file of files) if (!existsSync(file)) writeFileSync(file, `{"of":"${file}"}`);
    const before = files.map((file) => readFileSync(file, "utf8"));
    expect(await kioskd("backup", site.out, "--config", site.file)).toMatchObject({ status: 0, err: "" });
    for (const file of files) rmSync(file);
    const result = await kioskd("restore", site.out, "--config", site.file, "--yes");
    expect(result).toMatchObject({ status: 0, err: "" });
    expect(files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : null))).toEqual(before);
  });

  it("on a full disk keeps what was there", async ({ skip }) => {
    const site = await soldOnce();
    const disk = smallDisk(join(site.folder, ".."), (line) => process.stderr.write(`${line}\n`));
    if (disk === null) return skip("no disk can be mounted");
    onTestFinished(() => disk.close());
    await kioskd("backup", site.out, "--config", site.file);
    const config = join(site.folder, "full.yaml");
    writeFileSync(config, readFileSync(site.file, "utf8").replace("journal.db", join(disk.folder, "journal.db")));
    await kioskd("restore", site.out, "--config", config, "--yes");
    const before = readFileSync(join(disk.folder, "journal.db"));
    disk.fill();
    const result = await kioskd("restore", site.out, "--config", config, "--yes");
    expect(result.status).toBe(1);
    expect(result.err).toMatch(/is full|disk is full/);
    expect(readFileSync(join(disk.folder, "journal.db")).equals(before)).toBe(true);
    expect(readdirSync(disk.folder).filter((name) => name.endsWith(".restoring"))).toEqual([]);
    expect(existsSync(join(disk.folder, "journal.mark"))).toBe(true);
  });
});
