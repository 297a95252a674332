import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

/** An answer as it goes over the wire. */
export interface Dressed {
  readonly contentType: string;
  readonly packing: string | null;
  readonly body: Buffer;
}

const XML = "text/xml";
const BOMB_BYTES = 64 * 1024 * 1024;

/**
 * Ways in which the same answer may come, or in which more comes than anybody asked for. By each of the first a service
 * may say the truth, by those of the last line it says nothing that can be read.
 */
const WAYS = {
  gzip: (xml: string) => packed("gzip", gzipSync(xml)),
  deflate: (xml: string) => packed("deflate", deflateSync(xml)),
  br: (xml: string) => packed("br", brotliCompressSync(xml)),
  "latin-1": (xml: string) => coded("ISO-8859-1", Buffer.from(declaring(xml, "ISO-8859-1"), "latin1")),
  "latin-1-declared": (xml: string) => coded(null, Buffer.from(declaring(xml, "ISO-8859-1"), "latin1")),
  "utf-16": (xml: string) => coded("UTF-16", Buffer.from(`\uFEFF${declaring(xml, "UTF-16")}`, "utf16le")),
  comments: (xml: string) => coded("utf-8", Buffer.from(xml.replace(/>([^<>])([^<>]*)</g, ">$1<!-- -->$2<"))),
  sections: (xml: string) => coded("utf-8", Buffer.from(xml.replace(/>([^<>&])([^<>&]*)</g, ">$1<![CDATA[$2]]><"))),
  "no-charset": (xml: string) => coded("x-unheard-of", Buffer.from(xml)),
  elements: (xml: string) => coded("utf-8", Buffer.from(xml.replace("<return>", `<return>${"<a/>".repeat(50_000)}`))),
  attributes: (xml: string) => coded("utf-8", Buffer.from(xml.replace("<return>", `<return ${attributes(20_000)}>`))),
  bomb: () => packed("gzip", gzipSync(Buffer.alloc(BOMB_BYTES, " "))),
} as const;

export type Way = keyof typeof WAYS;
export const WAY_NAMES = Object.keys(WAYS) as [Way, ...Way[]];

export function isWay(mode: string): mode is Way {
  return Object.hasOwn(WAYS, mode);
}

export function dressed(way: Way, xml: string): Dressed {
  return WAYS[way](xml);
}

function packed(packing: string, body: Buffer): Dressed {
  return { contentType: `${XML}; charset=utf-8`, packing, body };
}

function coded(charset: string | null, body: Buffer): Dressed {
  return { contentType: charset === null ? XML : `${XML}; charset=${charset}`, packing: null, body };
}

function declaring(xml: string, charset: string): string {
  return `<?xml version="1.0" encoding="${charset}"?>${xml.replace(/^<\?xml[^>]*\?>/, "")}`;
}

function attributes(count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ");
}
