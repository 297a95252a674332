import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprintOf, selfSigned } from "../../src/platform/certificates/self-signed.ts";
import { needs } from "../support/components.ts";
import { tempFolder } from "../support/temp.ts";

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
});
