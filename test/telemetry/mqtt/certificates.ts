import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { needs } from "../../support/components.ts";

const OPENSSL = "/usr/bin/openssl";
const openssl = (...args: string[]): Promise<unknown> => promisify(execFile)(OPENSSL, args);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Whether an authority can be made on this machine. */
export function hasOpenssl(): boolean {
  return needs("openssl", OPENSSL);
}

export interface Authority {
  readonly path: string;
  readonly pem: string;
  /** A certificate for a name or address that this authority vouches for; one of -1 days has expired. */
  issue(name: string, address?: string, days?: number): Promise<Issued>;
}

export interface Issued {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority with all its files in a folder. */
export async function authority(folder: string, name: string): Promise<Authority> {
  const path = join(folder, `${name}.pem`);
  const caKey = join(folder, `${name}.key`);
  await openssl("req", "-x509", ...NEW_KEY, "-keyout", caKey, "-out", path, "-subj", `/CN=${name}`, "-days", "2");
  return {
    path,
    pem: await readFile(path, "utf8"),
    issue: async (subject, address = "127.0.0.1", days = 2) => {
      const base = join(folder, `${name}-${subject}`);
      const [keyPath, certPath] = [`${base}.key`, `${base}.pem`];
      await openssl("req", ...NEW_KEY, "-keyout", keyPath, "-out", `${base}.csr`, "-subj", `/CN=${subject}`);
      await writeFile(`${base}.ext`, `subjectAltName=IP:${address}\n`);
      const signing = [
        "-CA",
        path,
        "-CAkey",
        caKey,
        "-CAcreateserial",
        "-days",
        String(days),
        "-extfile",
        `${base}.ext`,
      ];
      await openssl("x509", "-req", "-in", `${base}.csr`, "-out", certPath, ...signing);
      const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
      return { certPath, keyPath, cert, key };
    },
  };
}
