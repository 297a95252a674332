import { execFile } from "node:child_process";
import { hasZbarimg, ZBARIMG } from "../support/browser.ts";
import { needs } from "../support/components.ts";

const ZXING = "/usr/bin/ZXingReader";
/** Both read a few hundred pictures in some seconds, on a machine that has nothing else to do. */
const TIMEOUT_MS = 120_000;
const OUTPUT_BYTES = 8 * 1024 * 1024;

/** A program that knows nothing of us; gives the text that it reads in each picture in which it reads one. */
export interface Decoder {
  readonly name: string;
  read(pictures: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export const ZBAR: Decoder = {
  name: "zbar",
  read: async (pictures) => {
    const xml = await outputOf(ZBARIMG, ["-q", "--xml", ...pictures]);
    const sources = xml.matchAll(/<source href='([^']*)'>(.*?)<\/source>/gs);
    return new Map([...sources].map(([, href = "", found = ""]) => [href, dataOf(found)]));
  },
};

export const ZXING_CPP: Decoder = {
  name: "zxing",
  read: async (pictures) => {
    const lines = (await outputOf(ZXING, ["-1", "-format", "QRCode", ...pictures])).split("\n");
    const found = lines.map((line) => /^(\S+) QRCode "(.*)"$/.exec(line)).filter((match) => match !== null);
    return new Map(found.map(([, picture = "", text = ""]) => [picture, text]));
  },
};

export function hasDecoders(): boolean {
  return [hasZbarimg(), needs("ZXingReader", ZXING)].every(Boolean);
}

function dataOf(symbols: string): string {
  return /<data[^>]*><!\[CDATA\[(.*?)\]\]><\/data>/s.exec(symbols)?.[1] ?? "";
}

/** The exit status only tells whether there was a code in every picture. */
function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES }, (error, stdout) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve(stdout);
    });
  });
}
