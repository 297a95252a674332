import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { VendRequest } from "./codec.ts";

/**
 * The totaliser that an MDB adapter does not have: what was vended for certain, and the vend that was approved and has
 * no result yet. Two slots in turn, each with a sequence number and a checksum and in a block of its own, so that a
 * power cut in the middle of a write leaves the one before.
 */
export interface VendRegister {
  readonly state: RegisterState;
  /** `done` once it is on the disk; after anything else the state is the one before. */
  save(next: RegisterState): Outcome<null>;
  close(): void;
}

export interface RegisterState {
  readonly totalBase: number;
  readonly pending: VendRequest | null;
}

/** The register cannot be used. The message says what was found and what to do. */
class RegisterError extends Error {
  override readonly name = "RegisterError";
}

interface Slot extends RegisterState {
  readonly sequence: number;
}

const MAGIC = "KVR1";
const SLOT_BYTES = 32;
const SLOT_SPACING_BYTES = 4096;
const FILE_BYTES = 2 * SLOT_SPACING_BYTES;

/** Opens the register, or makes one that begins at 0; throws when the file is another or cannot be used. */
export function openRegister(path: string): VendRegister {
  if (!existsSync(path)) create(path);
  const file = openSync(path, "r+");
  const [newest] = [readSlot(file, 0), readSlot(file, 1)]
    .filter((slot) => slot !== null)
    .sort((one, other) => other.sequence - one.sequence);
  if (newest === undefined) {
    closeSync(file);
    throw new RegisterError(
      `${path} is no register of a vending machine, or both its records are damaged. Settle what its sales came to by ` +
        "the journal, then remove it to begin at 0.",
    );
  }
  let slot: Slot = newest;
  let open = true;
  return {
    get state() {
      return slot;
    },
    save: (next) => {
      const { totalBase, pending } = next;
      const following = { sequence: slot.sequence + 1, totalBase, pending };
      try {
        writeSlot(file, following);
        fsyncSync(file);
      } catch (error) {
        return unknown(`${path} cannot be written: ${String(error)}`);
      }
      slot = following;
      return done(null);
    },
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** A file half made never bears the name. */
function create(path: string): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", 0o640);
  writeSync(file, Buffer.alloc(FILE_BYTES));
  writeSlot(file, { sequence: 0, totalBase: 0, pending: null });
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function writeSlot(file: number, { sequence, totalBase, pending }: Slot): void {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32BE(sequence, 4);
  bytes.writeBigUInt64BE(BigInt(totalBase), 8);
  bytes.writeUInt32BE(pending?.priceBase ?? 0, 16);
  bytes.writeUInt16BE(pending?.item ?? 0, 20);
  bytes.writeUInt8(pending === null ? 0 : 1, 22);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 28)), 28);
  const written = writeSync(file, bytes, 0, SLOT_BYTES, (sequence % 2) * SLOT_SPACING_BYTES);
  if (written !== SLOT_BYTES) throw new RegisterError(`only ${written} of ${SLOT_BYTES} bytes were taken`);
}

function readSlot(file: number, index: number): Slot | null {
  const bytes = Buffer.alloc(SLOT_BYTES);
  if (readSync(file, bytes, 0, SLOT_BYTES, index * SLOT_SPACING_BYTES) !== SLOT_BYTES) return null;
  if (bytes.toString("latin1", 0, 4) !== MAGIC || bytes.readUInt32BE(28) !== crc32(bytes.subarray(0, 28))) return null;
  const request = { priceBase: bytes.readUInt32BE(16), item: bytes.readUInt16BE(20) };
  return {
    sequence: bytes.readUInt32BE(4),
    totalBase: Number(bytes.readBigUInt64BE(8)),
    pending: bytes.readUInt8(22) === 1 ? request : null,
  };
}
