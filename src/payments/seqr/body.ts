import type http from "node:http";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { Turn } from "./piecewise.ts";

/** A body that came whole, or why it counts as none. */
export type Body = { readonly text: string } | { readonly problem: string };

type Unpack = (packed: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

const inflate: Unpack = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw: Unpack = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
const gunzip: Unpack = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const unbrotli: Unpack = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** Undone although nobody asked for it: what stands between here and there may pack on its own. */
const UNPACKING: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  // Some send it without the header that belongs to it.
  ["deflate", (packed, options) => ((packed[0] ?? 0) % 16 === 8 ? inflate : inflateRaw)(packed, options)],
  ["br", unbrotli],
]);
const UNPACKED = ["", "identity"];

/** The decoder of each character set by the names that it goes by. What a name does not stand for is never guessed. */
const CHARSETS: ReadonlyMap<string, string> = new Map([
  ...["utf-8", "utf8", "us-ascii", "ascii"].map((name) => [name, "utf-8"] as const),
  ...["iso-8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252"].map((name) => [name, "windows-1252"] as const),
  ...["iso-8859-15", "utf-16le", "utf-16be"].map((name) => [name, name] as const),
]);
/** The first characters of each byte order mark, which says more than any name. */
const MARKS: readonly (readonly [readonly number[], string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];
const DECLARATION_BYTES = 200;
const PIECE_BYTES = 32 * 1024;
/** So many may be as small as they like; each takes its time, and all that have come together take it at once. */
const PIECES_MAX = 1_000;
const PIECE_MEAN_BYTES = 256;

/** Reads an answer to its end; `done` is called once. No more than the limit is ever kept, packed or not. */
export function readWhole(response: http.IncomingMessage, limitBytes: number, done: (body: Body) => void): void {
  const collected = new Collected(limitBytes);
  const cut = (): void => done({ problem: "connection cut during the answer" });
  response.on("error", cut);
  response.on("close", () => {
    if (!response.complete) cut();
  });
  let pieces = 0;
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    pieces += 1;
    bytes += chunk.length;
    if (pieces > PIECES_MAX && bytes < pieces * PIECE_MEAN_BYTES) done({ problem: "the answer is in crumbs" });
    else if (!collected.add(chunk)) done(tooLarge(limitBytes));
  });
  response.on("end", () => {
    const { "content-encoding": packing = "", "content-type": contentType = "" } = response.headers;
    void bodyOf(collected.bytes, packing.trim().toLowerCase(), contentType, limitBytes).then(done);
  });
}

function tooLarge(limitBytes: number): Body {
  return { problem: `answer larger than ${limitBytes} bytes` };
}

async function bodyOf(bytes: Buffer, packing: string, contentType: string, limitBytes: number): Promise<Body> {
  if (UNPACKED.includes(packing)) return await textOf(bytes, contentType);
  const unpack = UNPACKING.get(packing);
  if (unpack === undefined) return { problem: "the answer is packed in a way that is not read here" };
  try {
    return await textOf(await unpack(bytes, { maxOutputLength: limitBytes }), contentType);
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return isTooLarge ? tooLarge(limitBytes) : { problem: "the answer is packed, and cannot be unpacked" };
  }
}

/** Bytes in one piece from the start: an answer may come in as many chunks as it has bytes. */
class Collected {
  readonly #limitBytes: number;
  #buffer: Buffer;
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(16 * 1024, limitBytes));
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  /** False when it is more than the limit, and then it is not kept. */
  add(chunk: Buffer): boolean {
    const neededBytes = this.#sizeBytes + chunk.length;
    if (neededBytes > this.#limitBytes) return false;
    if (neededBytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#limitBytes, Math.max(neededBytes, this.#buffer.length * 2)));
      this.bytes.copy(larger);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#sizeBytes);
    this.#sizeBytes = neededBytes;
    return true;
  }
}

/** The byte order mark counts first, then the header's character set, then the declaration's (RFC 7303). */
async function textOf(bytes: Buffer, contentType: string): Promise<Body> {
  const marked = MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte))?.[1];
  const named =
    /;\s*charset\s*=\s*["']?([^\s"';]*)/i.exec(contentType.slice(0, 200))?.[1] ?? declared(bytes) ?? "utf-8";
  const charset = marked ?? CHARSETS.get(named.toLowerCase());
  if (charset !== undefined) return { text: await decoded(bytes, charset) };
  const isUnmarked = named.toLowerCase() === "utf-16";
  return {
    problem: isUnmarked
      ? "the answer is in UTF-16 without a byte order mark"
      : "the answer is in a character set that is not read here",
  };
}

async function decoded(bytes: Buffer, charset: string): Promise<string> {
  const decoder = new TextDecoder(charset);
  const turn = new Turn();
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    text += decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true });
    await turn.end();
  }
  return text + decoder.decode();
}

function declared(bytes: Buffer): string | undefined {
  const start = bytes.toString("latin1", 0, DECLARATION_BYTES);
  return /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}
