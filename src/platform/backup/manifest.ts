import { z } from "zod";
import { ExplainedError } from "../../core/explained-error.ts";

/** A backup cannot be made or read. The message says what was found and what to do. */
export class BackupError extends ExplainedError {
  override readonly name = "BackupError";
}

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** What the field for a length in a tar's header holds, so that every tar can read it. */
const LONGEST_BYTES = 8 * 1_024 * MIB - 1;

/** What may be in a backup, by name, and how long it may be. No other name is read, and none is taken for a path. */
const MEMBERS: readonly (readonly [name: RegExp, mostBytes: number])[] = [
  [/^journal[.]db$/, LONGEST_BYTES],
  [/^journal[.]mark$/, 8 * KIB],
  [/^archive\/\d{4}[.]db$/, LONGEST_BYTES],
  [/^kioskd[.]yaml$/, 256 * KIB],
  [/^registers\/[a-z]+-[a-z0-9-]{1,64}[.]register$/, 64 * KIB],
  [/^certificates\/[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$/, MIB],
  [/^secrets$/, 8 * MIB],
];
const MOST_MEMBERS = 1_000;

export const MANIFEST = "manifest.json";
export const LONGEST_MANIFEST_BYTES = 512 * KIB;

/** How long a member of this name may be; null when there is no such member. */
export function mostBytes(name: string): number | null {
  return MEMBERS.find(([pattern]) => name.length <= 100 && pattern.test(name))?.[1] ?? null;
}

/** Whether it is kept in memory when it is read. */
export function isSmall(name: string): boolean {
  return (mostBytes(name) ?? LONGEST_BYTES) < LONGEST_BYTES;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const natural = z.int().min(0);

const member = z
  .strictObject({ name: z.string(), bytes: natural, sha256: hash })
  .refine(({ name, bytes }) => bytes <= (mostBytes(name) ?? -1), "is no member of a backup, or too long");

/** How the member `secrets` is encrypted; the cost of the key is part of the version, not of the file. */
const seal = z.strictObject({
  cipher: z.literal("aes-256-gcm"),
  key: z.literal("scrypt N=32768 r=8 p=3"),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  nonce: z.string().regex(/^[0-9a-f]{24}$/),
  tag: z.string().regex(/^[0-9a-f]{32}$/),
});
export type Seal = z.output<typeof seal>;

const manifest = z.strictObject({
  format: z.literal("kioskd backup"),
  version: z.literal(1),
  kiosk: z.string().regex(/^[a-z0-9-]{1,64}$/),
  kioskd: z.string().max(40),
  madeAt: z.iso.datetime(),
  /** Whether the daemon had ended in order before: nothing can have been sold since. */
  isEnded: z.boolean(),
  journal: z.strictObject({
    id: z.string().max(100),
    layout: natural,
    streams: z.record(z.string(), z.tuple([natural, hash])),
    lastSale: z.strictObject({ seq: natural, saleId: z.string(), closedAt: z.iso.datetime() }).nullable(),
  }),
  seal: seal.nullable(),
  /** What the configuration names and is not here. */
  leftOut: z.array(z.string()).max(MOST_MEMBERS),
  members: z.array(member).min(1).max(MOST_MEMBERS),
});
export type Manifest = z.output<typeof manifest>;

/** @throws BackupError when it is none that this program can read */
export function readManifest(text: string, file: string): Manifest {
  const version = z.looseObject({ format: z.literal("kioskd backup"), version: z.int().min(2) });
  const value = parsed(text);
  if (version.safeParse(value).success)
    throw new BackupError(`${file} was made by a newer kioskd: install that version.`);
  const found = manifest.safeParse(value);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new BackupError(`${file} is no backup of kioskd: its manifest, ${issue?.path.join(".")}: ${issue?.message}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
