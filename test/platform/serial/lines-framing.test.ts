import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textLines } from "../../../src/platform/serial/lines-framing.ts";

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

describe("lines of text", () => {
  const table: [string, "\n" | "\r", string, string[]][] = [
    ["\\n", "\n", "one\ntwo\nthr", ["one", "two"]],
    ["\\r\\n read by \\n", "\n", "one\r\ntwo\r\n", ["one", "two"]],
    ["\\r\\n read by \\r", "\r", "one\r\ntwo\r\n", ["one", "two"]],
    ["\\r", "\r", "$OK^20\r$AT\r", ["$OK^20", "$AT"]],
    ["empty ones", "\n", "\n\r\n\none\n\n", ["one"]],
    ["the longest", "\n", "0123456789\r\n", ["0123456789"]],
    ["too long a one, whole", "\n", "0123456789a\nnext\n", ["next"]],
    ["bytes beyond ASCII", "\n", "\xff\x00\x80\n", ["\xff\x00\x80"]],
  ];
  it.each(table)("reads %s", (_, end, text, lines) => {
    expect(textLines({ end, maxBytes: 10 }).push(bytes(text))).toEqual(lines);
  });

  it("reads the same however the bytes are cut, and never more than it may hold", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\n"), maxLength: 80 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(5), { maxLength: 40 }), (whole, cuts) => {
        const framing = textLines({ end: "\n", maxBytes: 10 });
        const lines: string[] = [];
        let rest = whole;
        for (const cut of [...cuts, rest.length]) {
          lines.push(...framing.push(bytes(rest.slice(0, cut))));
          rest = rest.slice(cut);
        }
        lines.push(...framing.push(bytes(rest)));
        expect(lines).toEqual(textLines({ end: "\n", maxBytes: 10 }).push(bytes(whole)));
        expect(lines.every((line) => line.length <= 10 && line !== "")).toBe(true);
      }),
    );
  });

  it("forgets half a line when told to", () => {
    const framing = textLines({ end: "\n", maxBytes: 10 });
    framing.push(bytes("half"));
    framing.reset();
    expect(framing.push(bytes("whole\n"))).toEqual(["whole"]);
  });
});
