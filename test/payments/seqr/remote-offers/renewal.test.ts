import { renameSync, truncateSync, writeFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { readSecret } from "../../../../src/config/secrets.ts";
import { takeRemoteOffers } from "../../../../src/payments/seqr/remote-offers/take.ts";
import { freePort } from "../../../support/ports.ts";
import { tempFolder } from "../../../support/temp.ts";
import { clockOf, VirtualTime } from "../../../support/virtual-clock.ts";
import { authority, hasOpenssl, type Issued } from "../../../telemetry/mqtt/certificates.ts";
import { pass, SECRET, startBench } from "./support.ts";

const MINUTE_MS = 60_000;

/** The name in the certificate that the listener shows now. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

async function startWithFiles() {
  const folder = tempFolder();
  const { issue } = await authority(folder, "ca");
  const [first, second] = [await issue("first"), await issue("second")];
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const write = (path: string, text: string): void => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  write(cert, first.cert);
  write(key, first.key);
  const port = await freePort();
  const listen = { host: "127.0.0.1", port };
  const section = { listen, merchantId: "M1", certFile: "cert.pem", keyFile: "key.pem", requestsPerMinute: 30 };
  const site = {
    file: join(folder, "kioskd.yaml"),
    kiosk: { id: "demo-1", name: "Demo", currency: "SEK" },
    positions: [{ id: "1" }],
    files: { readSecret, secretPath: (name: string) => join(folder, name) },
  };
  const time = new VirtualTime(1_700_000_000_000);
  const clock = clockOf(time, { number: 1, alive: true });
  const told: string[] = [];
  const keep = (_fields: unknown, message: string): void => void told.push(message);
  const log = { debug: keep, info: keep, warn: keep, error: keep };
  const offers = { offerTo: async () => ({ kind: "late" }) as const, wake: () => {} };
  const listener = await takeRemoteOffers(site, { section, secret: SECRET }, offers, { dropped: () => {}, clock, log });
  onTestFinished(() => listener.close());
  return { port, time, told, write, cert, key, first, second };
}

const REFUSED = "A new certificate cannot be used; the one before stays in use.";
const TAKEN = "The unattended service has a new certificate.";
type Files = Awaited<ReturnType<typeof startWithFiles>>;
const both = ({ write, cert, key }: Files, issued: Issued): void => {
  write(cert, issued.cert);
  write(key, issued.key);
};

describe.runIf(hasOpenssl())("a renewed certificate", () => {
  it("is shown within a minute, without a restart", async () => {
    const files = await startWithFiles();
    expect(await shownBy(files.port)).toBe("first");
    both(files, files.second);
    await pass(files.time, MINUTE_MS);
    expect(await shownBy(files.port)).toBe("second");
    expect(files.told.slice(1)).toEqual([TAKEN]);
  });

  it.each<[string, (files: Files) => void]>([
    ["has another key", ({ write, cert, second }) => write(cert, second.cert)],
    ["is half written", ({ cert, first }) => truncateSync(cert, Math.floor(first.cert.length / 2))],
    ["is empty", ({ cert }) => truncateSync(cert)],
    ["has half a key", ({ key, first }) => truncateSync(key, Math.floor(first.key.length / 2))],
    ["is none", ({ write, cert }) => write(cert, "none")],
  ])("that %s is refused once, and the one before stays until a whole one comes", async (_case, spoil) => {
    const files = await startWithFiles();
    spoil(files);
    await pass(files.time, 3 * MINUTE_MS);
    expect(await shownBy(files.port)).toBe("first");
    expect(files.told.slice(1)).toEqual([REFUSED]);
    both(files, files.second);
    await pass(files.time, MINUTE_MS);
    expect(await shownBy(files.port)).toBe("second");
    expect(files.told.slice(2)).toEqual([TAKEN]);
  });

  it("is served while 200 others never finish their handshakes, and these get seconds", async () => {
    const { issue } = await authority(tempFolder(), "ca");
    const { listener } = await startBench({ tls: await issue("first") });
    const port = Number(new URL(listener.url).port);
    const beganMs = performance.now();
    let ended = 0;
    const sockets = Array.from({ length: 200 }, () => connectPlain(port, "127.0.0.1"));
    for (const socket of sockets) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        ended += 1;
      });
      socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    }
    await expect.poll(() => ended).toBeGreaterThanOrEqual(136);
    expect(await shownBy(port)).toBe("first");
    await expect.poll(() => ended).toBe(200);
    expect(performance.now() - beganMs).toBeLessThan(15_000);
  });
});
