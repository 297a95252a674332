import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { z } from "zod";
import { BackupError, type Manifest, type Seal } from "./manifest.ts";

/** A file of a backup that only its passphrase opens: what it is, by its key in the configuration, and its contents. */
export interface Secret {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Takes 32 MiB and half a second of a small board, once. */
const COST = { N: 32_768, r: 8, p: 3, maxmem: 64 * 1_024 * 1_024 };
const KEY_BYTES = 32;

const contents = z.array(z.strictObject({ name: z.string().max(200), base64: z.base64() })).max(1_000);

type Belonging = Pick<Manifest, "kiosk" | "journal">;

export function sealed(
  secrets: readonly Secret[],
  passphrase: string,
  of: Belonging,
): { readonly bytes: Buffer; readonly seal: Seal } {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(passphrase, salt), nonce).setAAD(about(of));
  const text = JSON.stringify(secrets.map(({ name, bytes }) => ({ name, base64: bytes.toString("base64") })));
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const seal: Seal = {
    cipher: "aes-256-gcm",
    key: "scrypt N=32768 r=8 p=3",
    salt: salt.toString("hex"),
    nonce: nonce.toString("hex"),
    tag: cipher.getAuthTag().toString("hex"),
  };
  return { bytes, seal };
}

/** @throws BackupError when the passphrase is another one */
export function unsealed(bytes: Buffer, seal: Seal, passphrase: string, of: Belonging): readonly Secret[] {
  const key = keyOf(passphrase, Buffer.from(seal.salt, "hex"));
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(seal.nonce, "hex"))
    .setAAD(about(of))
    .setAuthTag(Buffer.from(seal.tag, "hex"));
  let text: Buffer;
  try {
    text = Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    throw new BackupError("The passphrase is not the one of this backup. Nothing was changed.");
  }
  const found = contents.parse(JSON.parse(text.toString("utf8")));
  return found.map(({ name, base64 }) => ({ name, bytes: Buffer.from(base64, "base64") }));
}

function keyOf(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase.normalize(), salt, KEY_BYTES, COST);
}

/** Secrets of one backup do not fit into another one. */
function about({ kiosk, journal }: Belonging): Buffer {
  return Buffer.from(JSON.stringify(["kioskd backup", kiosk, journal.id]));
}
