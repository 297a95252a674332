import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn } from "../support/kioskd.ts";
import { tempFolder } from "../support/temp.ts";

/** The owner's program, and the service that waits for the heartbeat. */
async function owner() {
  const heard: { readonly path: string; readonly title: string }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += String(part);
    heard.push({ path: request.url ?? "", title: text === "" ? "" : JSON.parse(text).title });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function withAlerts(file: string, alerts: object): string {
  writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), alerts }));
  return file;
}

it("a payment service that goes away is told to the owner, and that it is back; the heart beats, and a test arrives", async () => {
  const { heard, url } = await owner();
  const titles = (): string[] => heard.filter(({ path }) => path === "/alerts").map(({ title }) => title);
  const first = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  const { endpoint } = first;
  await first.close();
  const file = withAlerts(writeConfig(tempFolder(), { endpoint }), {
    webhook: { url: `${url}/alerts` },
    heartbeat: `${url}/beat`,
    after: "0s",
  });
  const daemon = new DaemonProcess(file);
  await daemon.serving();
  await eventually("the owner hears of it", () => titles().some((title) => /^test-1: payment-unreachable/.test(title)));
  const again = await startSeqrSimulator({ host: "127.0.0.1", port: Number(new URL(endpoint).port) });
  onTestFinished(() => again.close());
  await eventually("the owner hears that it is over", () =>
    titles().some((title) => /over: payment-unreachable/.test(title)),
  );
  expect(heard.some(({ path }) => path === "/beat")).toBe(true);
  const test = await kioskdOn(file)("alerts", "test");
  expect(test).toMatchObject({ status: 0, out: expect.stringMatching(/^webhook: sent$/m) });
  expect(titles().at(-1)).toBe("test-1: test");
});
