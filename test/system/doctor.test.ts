import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Exam } from "../../src/cli/doctor/exam.ts";
import { machineExams } from "../../src/cli/doctor/machine.ts";
import { doctor } from "../../src/cli/doctor.ts";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { everySection, writeKnownSecrets } from "../support/known-secrets.ts";
import { tempFolder } from "../support/temp.ts";
import { authority, hasOpenssl } from "../telemetry/mqtt/certificates.ts";

let out = "";
beforeEach(() => {
  out = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  onTestFinished(() => spy.mockRestore());
});

async function seqr(): Promise<string> {
  const service = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => service.close());
  return service.endpoint;
}

async function examsOf(config: string): Promise<readonly Exam[]> {
  out = "";
  await doctor({ config, json: true }).catch(() => {});
  return JSON.parse(out);
}

function verdictOf(exams: readonly Exam[], subject: string): string | undefined {
  return exams.find((each) => each.subject === subject)?.verdict;
}

describe("the doctor", () => {
  it("says of each thing how it is, in 80 columns, and what to do", async () => {
    const config = writeConfig(tempFolder(), { endpoint: await seqr(), brokerUrl: "mqtt://127.0.0.1:1" });
    await doctor({ config });
    expect(out).toMatch(/^disk {11}ok {4}a page is on the disk in \d+[.]\d ms$/m);
    expect(out).toMatch(/^payment 1 {6}ok {4}seqr answers in \d+ ms$/m);
    expect(out).toMatch(/^broker {9}look {2}127[.]0[.]0[.]1:1: .*ECONNREFUSED/m);
    expect(out).toMatch(/^ {21}-> records wait in the journal meanwhile/m);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("fails where nothing can be sold, and says how many things are bad", async () => {
    const config = writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:1/soap" });
    await expect(doctor({ config })).rejects.toThrow(/^1 of \d+ are bad/);
    expect(out).toMatch(/^payment 1 {6}BAD {3}seqr gives no answer that makes sense: /m);
  });

  it("a journal that is none is bad, and nothing else is kept from being looked at", async () => {
    const folder = tempFolder();
    const config = writeConfig(folder, { endpoint: await seqr() });
    writeFileSync(join(folder, "journal.db"), "no journal".repeat(1_000), { mode: 0o600 });
    const exams = await examsOf(config);
    expect(verdictOf(exams, "journal")).toBe("bad");
    expect(verdictOf(exams, "payment 1")).toBe("good");
  });

  it.each<[what: string, files: Readonly<Record<string, string>>, subject: string, verdict: string]>([
    ["no sensor of the supply", {}, "power", "unknown"],
    ["a supply that holds", { "hwmon/hwmon1/name": "rpi_volt", "hwmon/hwmon1/in0_lcrit_alarm": "0" }, "power", "good"],
    ["a supply that falls", { "hwmon/hwmon1/name": "rpi_volt", "hwmon/hwmon1/in0_lcrit_alarm": "1" }, "power", "bad"],
    ["another sensor's alarm", { "hwmon/hwmon0/name": "cpu", "hwmon/hwmon0/in0_lcrit_alarm": "1" }, "power", "unknown"],
    ["no watchdog", {}, "watchdog", "look"],
    ["a watchdog that is fed", { "watchdog/watchdog0/state": "active" }, "watchdog", "good"],
    ["one that nobody feeds", { "watchdog/watchdog0/state": "inactive" }, "watchdog", "look"],
  ])("%s", async (_, files, subject, verdict) => {
    const root = tempFolder();
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, "sys/class", name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, `${text}\n`);
    }
    expect(verdictOf(await machineExams(root, root), subject)).toBe(verdict);
  });

  it.runIf(hasOpenssl())(
    "no secret is in the diagnostics, whatever part says it, and nobody else may read them",
    async () => {
      const folder = tempFolder();
      const { certPath, keyPath } = await (await authority(folder, "ca")).issue("kiosk");
      const key = readFileSync(keyPath, "utf8");
      const inAddress = "known-in-the-address";
      const sections = everySection(await seqr(), `mqtts://kiosk:${inAddress}@127.0.0.1:1`, certPath);
      // Somebody has written secrets where everybody reads them.
      const secretOf = (number: number): string => `known-secret.value~${number}`;
      const spoken = [secretOf(0), JSON.stringify(secretOf(2)), Buffer.from(secretOf(3)).toString("base64")];
      const positions = sections["positions"] as { product: Record<string, unknown> }[];
      for (const { product } of positions) product["name"] = spoken.join(" ");
      const { file, values } = writeKnownSecrets(folder, sections, (name, number) =>
        name.endsWith("keyFile") ? key : secretOf(number),
      );
      const target = join(folder, "diagnostics.txt");
      await doctor({ config: file, diagnostics: target }).catch(() => {});
      const text = readFileSync(target, "utf8");
      expect(statSync(target).mode & 0o777).toBe(0o600);
      const lines = key.split("\n").filter((line) => line.length > 20);
      for (const secret of [...values, inAddress, ...lines]) {
        expect(text).not.toContain(secret);
      }
      for (const part of ["this kiosk", "what the doctor found", "configuration", "the last sales", "log"]) {
        expect(text).toContain(`===== ${part} =====`);
      }
      expect(text).toMatch(/"name": "[*]{3} [^*]*[*]{3}[^*]* [*]{3}=*"/);
      await expect(doctor({ config: file, diagnostics: target })).rejects.toThrow(/is there already/);
    },
  );
});
