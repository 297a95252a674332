import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority } from "../../../src/payments/seqr/authority.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { createTransport } from "../../../src/payments/seqr/transport.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { needs } from "../../support/components.ts";
import { CLOCK, envelope, memoryLog, settingsFor } from "./rig.ts";

const OPENSSL = "/usr/bin/openssl";
const hasOpenssl = needs("openssl", OPENSSL);

let folder: string;
let server: https.Server;
let ca: string;
let port: number;
let requests = 0;

/** A certificate that has signed itself, for `localhost` only. */
beforeAll(async () => {
  if (!hasOpenssl) return;
  folder = mkdtempSync(path.join(tmpdir(), "kioskd-tls-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync(OPENSSL, [...made, ...subject], { stdio: "pipe" });
  ca = readFileSync(cert, "utf8");
  server = https.createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    requests += 1;
    request.resume();
    response.writeHead(200, { "Content-Type": "text/xml" });
    response.end(envelope("getPaymentStatus", "<resultCode>54</resultCode><version>0</version>"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  if (!hasOpenssl) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** @param pem what the authority's file holds */
async function probed(host: string, pem: string | null): Promise<Outcome<null>> {
  const file = path.join(folder, "authority.pem");
  if (pem !== null) writeFileSync(file, pem);
  const authority = pem === null ? null : new Authority(file);
  const settings = settingsFor(`https://${host}:${port}/soap`, { authority });
  const provider = await createSeqrProvider(settings, CLOCK, memoryLog());
  const outcome = await provider.probe("1");
  await provider.close();
  return outcome;
}

describe.runIf(hasOpenssl)("the service's certificate", () => {
  it("is refused when nobody the machine trusts has signed it, and nothing is sent", async () => {
    const before = requests;
    expect(await probed("localhost", null)).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("DEPTH_ZERO_SELF_SIGNED_CERT"),
    });
    expect(requests).toBe(before);
  });

  it("is refused also when the environment asks not to look", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    const outcome = await probed("localhost", null);
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    expect(outcome.kind).toBe("unknown");
  });

  it("is taken when the configured authority has signed it", async () => {
    expect(await probed("localhost", ca)).toEqual({ kind: "done", value: null });
  });

  it("is refused when it is another host's", async () => {
    expect(await probed("127.0.0.1", ca)).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
    });
  });

  it("is not looked for in a file that holds none", async () => {
    await expect(probed("localhost", "no certificate")).rejects.toThrow("no certificate in PEM form");
  });
});

const transportTo = (endpoint: string) =>
  createTransport({ endpoint, timeoutMs: 1000, authority: null, wallMs: Date.now });

describe("an endpoint", () => {
  it.each([
    "http://pay.example.com/soap",
    "http://10.0.0.1/soap",
    "http://localhost.example.com/soap",
    "http://127.0.0.1.example.com/soap",
    "ftp://localhost/soap",
  ])("%s is refused", async (endpoint) => {
    expect(() => transportTo(endpoint)).toThrow("must begin with https:");
    await expect(createSeqrProvider(settingsFor(endpoint), CLOCK, memoryLog())).rejects.toThrow("https:");
  });

  it("that is no address is refused", () => {
    expect(() => transportTo("soap")).toThrow("no address");
  });

  it.each(["https://pay.example.com/soap", "http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/"])(
    "%s is taken",
    (endpoint) => {
      transportTo(endpoint).close();
    },
  );
});
