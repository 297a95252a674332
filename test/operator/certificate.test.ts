import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { fingerprintOf, selfSigned } from "../../src/platform/certificates/self-signed.ts";
import { atEnd, knowEachTest } from "../support/at-end.ts";
import { needs } from "../support/components.ts";
import { tempFolder } from "../support/temp.ts";
import { Stage } from "./stage.ts";

knowEachTest();

const DAY_MS = 86_400_000;

describe.skipIf(!needs("openssl", "/usr/bin/openssl"))("a certificate of the machine's own", () => {
  it("is made once, kept, and made anew when it soon ends, is of other names or is damaged", async () => {
    const folder = tempFolder();
    const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
    const wanted = { ...files, names: ["kiosk-7", "kiosk-7.local", "192.0.2.7"] as const };
    const nowMs = Date.now();
    const first = await selfSigned({ ...wanted, names: [...wanted.names] }, nowMs);
    const certificate = new X509Certificate(first.cert);
    expect(certificate.checkHost("kiosk-7.local")).toBeDefined();
    expect(certificate.checkIP("192.0.2.7")).toBeDefined();
    expect(statSync(files.keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(files.keyFile, "utf8")).toBe(first.key);
    expect(await selfSigned({ ...wanted, names: [...wanted.names] }, nowMs + 700 * DAY_MS)).toEqual(first);

    const renewed = await selfSigned({ ...wanted, names: [...wanted.names] }, nowMs + 770 * DAY_MS);
    const renamed = await selfSigned({ ...wanted, names: ["kiosk-8"] }, nowMs);
    writeFileSync(files.certFile, "none");
    const mended = await selfSigned({ ...wanted, names: ["kiosk-8"] }, nowMs);
    expect(new Set([first, renewed, renamed, mended].map(({ cert }) => fingerprintOf(cert))).size).toBe(4);
  });

  it("is shown to browsers that come after it was renewed, and the one before while the new one cannot be used", async () => {
    const folder = tempFolder();
    const [first, second] = await Promise.all(
      ["first", "second"].map((name) => {
        const files = { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}-key.pem`) };
        return selfSigned({ ...files, names: [name] }, Date.now());
      }),
    );
    if (first === undefined || second === undefined) throw new Error("no certificates");
    const server = await new Stage().start(undefined, first);
    atEnd(() => server.close());
    const port = Number(new URL(server.url).port);
    expect(await shownBy(port)).toBe(fingerprintOf(first.cert));
    expect(() => server.renew({ cert: second.cert, key: first.key })).toThrow("the key is of another certificate");
    expect(await shownBy(port)).toBe(fingerprintOf(first.cert));
    server.renew(second);
    expect(await shownBy(port)).toBe(fingerprintOf(second.cert));
  });
});

async function shownBy(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
