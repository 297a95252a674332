import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskd } from "../support/kioskd.ts";
import { tempFolder } from "../support/temp.ts";

/** A customer chooses and pays; something flows then. */
async function begin(daemon: DaemonProcess, seqr: SeqrSimulator): Promise<string> {
  await daemon.until("the kiosk is ready", ({ available }) => available);
  await daemon.post("select", { reserve: "300.00" });
  const { saleId } = await daemon.until("a code is shown", ({ qr }) => qr !== null);
  seqr.book.confirm(Date.now(), seqr.book.bills(Date.now()).at(-1)?.reference ?? "");
  await daemon.until("something flows", ({ quantity }) => Number(quantity) > 0);
  return saleId ?? "";
}

function records(folder: string) {
  const history = openHistory(join(folder, "journal.db"));
  const sales = history
    .latest(9, null)
    .map(({ saleId, outcome, reason, charged }) => [saleId, outcome, reason, charged]);
  history.close();
  return sales;
}

it("an older copy of the journal is refused, accepted and sells again; what it had lost is learned", async () => {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => seqr.close());
  const folder = tempFolder();
  const file = writeConfig(folder, { endpoint: seqr.endpoint });
  const path = join(folder, "journal.db");
  const first = new DaemonProcess(file);
  const saleId = await begin(first, seqr);
  await first.kill("SIGKILL");
  cpSync(path, join(folder, "older.db"));
  cpSync(`${path}-wal`, join(folder, "older.db-wal"));
  const second = new DaemonProcess(file);
  await second.serving();
  await eventually("the sale is settled", () => records(folder)[0]?.[1] === "paid");
  const charged = records(folder)[0]?.[3];
  expect(await kioskd("journal", "accept", "--config", file, "--note", "n", "--yes")).toMatchObject({
    status: 1,
    err: expect.stringContaining("is in use by another kioskd"),
  });
  await second.kill("SIGTERM");
  for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
  cpSync(join(folder, "older.db"), path);
  cpSync(join(folder, "older.db-wal"), `${path}-wal`);

  expect(await kioskd("run", "--config", file)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/lost its end/),
  });
  const asked = await kioskd("journal", "accept", "--config", file, "--note", "an older card was put in");
  expect(asked).toMatchObject({ status: 2, err: expect.stringMatching(/There is no terminal to ask at: add --yes/) });
  const accepted = await kioskd(
    "journal",
    "accept",
    "--config",
    file,
    "--note",
    "an older card",
    "--by",
    "anna",
    "--yes",
  );
  expect(accepted).toMatchObject({
    status: 0,
    err: "",
    out: expect.stringMatching(/record 1 +is gone(.*\n)*.*Accepted by anna/),
  });
  for (const line of accepted.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80 + folder.length);

  const third = new DaemonProcess(file);
  const next = await begin(third, seqr);
  await eventually("the next sale is paid", () =>
    records(folder).some((sale) => sale[0] === next && sale[1] === "paid"),
  );
  await eventually("what was lost is learned", () =>
    records(folder).some((sale) => sale.join() === [saleId, "needs-attention", "captured-unasked", charged].join()),
  );
  const beside = await kioskd("journal", "verify", "--config", file);
  expect(beside).toMatchObject({
    status: 0,
    err: "",
    out: expect.stringMatching(/by anna: an older card .*\n.* is whole/),
  });
  const extract = join(folder, "extract.txt");
  expect((await kioskd("journal", "extract", next, "--config", file, "--output", extract)).status).toBe(0);
  expect(readFileSync(extract, "utf8")).toContain(`sale      ${next}`);
  expect(await kioskd("journal", "extract", "--check", extract)).toMatchObject({ status: 0, err: "" });
  await third.kill("SIGTERM");
  expect(await kioskd("journal", "accept", "--config", file, "--note", "n")).toMatchObject({
    status: 0,
    out: expect.stringContaining("there is nothing to accept"),
  });
  const fourth = new DaemonProcess(file);
  await fourth.until("the kiosk is ready", ({ available }) => available);
});
