import type { Framing } from "./line.ts";

export interface TextLinesOptions {
  /** What ends a line. The other of the two is taken off at a line's edges, so `\r\n` may be read as either. */
  readonly end: "\n" | "\r";
  /** A longer line is left out whole. */
  readonly maxBytes: number;
}

/** Lines of text, without their ends; empty ones are left out. Each byte is one character (ISO 8859-1). */
export function textLines({ end, maxBytes }: TextLinesOptions): Framing<string> {
  const endByte = end.charCodeAt(0);
  let line = "";
  let tooLong = false;

  function take(bytes: Buffer): void {
    if (line.length + bytes.length > maxBytes + 2) tooLong = true;
    line = tooLong ? "" : line + bytes.toString("latin1");
  }

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: string[] = [];
      let from = 0;
      for (let to = bytes.indexOf(endByte); to !== -1; to = bytes.indexOf(endByte, from)) {
        if (to === from && line === "" && !tooLong) {
          // A flood of ends costs no more than a flood of anything else.
          from = to + 1;
          continue;
        }
        take(bytes.subarray(from, to));
        const text = line.replace(/^[\r\n]+|[\r\n]+$/g, "");
        if (text !== "" && text.length <= maxBytes && !tooLong) lines.push(text);
        line = "";
        tooLong = false;
        from = to + 1;
      }
      take(bytes.subarray(from));
      return lines;
    },
    reset: () => {
      line = "";
      tooLong = false;
    },
  };
}
