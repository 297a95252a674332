import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn } from "../support/kioskd.ts";
import { everySection, writeKnownSecrets } from "../support/known-secrets.ts";
import { tempFolder } from "../support/temp.ts";
import { authority, hasOpenssl } from "../telemetry/mqtt/certificates.ts";

const IN_ADDRESS = "known-in-the-address";
/** What the simulated service knows, and what the listener takes. */
const VALUES: Readonly<Record<string, string>> = {
  "positions.*.terminal.passwordFile": "12345678",
  "payment.seqr.reseller.passwordFile": "1234",
  "display.tokenFile": "known-display-token",
};

test.runIf(hasOpenssl())("a daemon with every secret that there is shows none, nor do commands beside it", async () => {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => seqr.close());
  const folder = tempFolder();
  const { certPath, keyPath } = await (await authority(folder, "ca")).issue("kiosk");
  const key = readFileSync(keyPath, "utf8");
  const broker = `mqtts://kiosk:${IN_ADDRESS}@127.0.0.1:1`;
  const { file, values } = writeKnownSecrets(folder, everySection(seqr.endpoint, broker, certPath), (name, number) =>
    name.endsWith("keyFile") ? key : (VALUES[name] ?? `known-secret-value-${number}`),
  );
  const daemon = new DaemonProcess(file);
  const url = await daemon.serving();
  await eventually("the broker is given up", () =>
    daemon.log.some((line) => line.includes("nothing listens at the broker's address")),
  );
  await fetch(`${url}/api/state?token=${VALUES["display.tokenFile"]}`);
  const kioskd = kioskdOn(file);
  const answers = [
    await kioskd("check-config"),
    await kioskd("check-config", "--json"),
    await kioskd("check-config", "--schema"),
    await kioskd("status"),
    await kioskd("status", "--json"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
  const said = [...daemon.log, ...answers.flatMap(({ out, err }) => [out, err])].join("\n");
  const lines = key.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
  // Digits may stand in a time too: a password of digits alone is looked for as a text of its own.
  const secrets = [...values.map((each) => (/^\d+$/.test(each) ? `"${each}"` : each)), IN_ADDRESS, ...lines];
  for (const secret of secrets) expect(said).not.toContain(secret);
});
