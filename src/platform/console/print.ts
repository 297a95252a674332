import { visible, visibleJson, visibleLine } from "../../core/visible.ts";

const WIDTH = 80;

/** Text in which every value from outside stays within its line; only what this file and `table` make is. */
export type Told = string & { readonly [isTold]: true };
declare const isTold: unique symbol;

/**
 * Text for a terminal of 80 columns, or a part of it; a word that is longer than a line stays whole.
 * @param first stands in place of the first line's indent
 */
export function wrapped(text: string, indent = "", width = WIDTH, first = indent): Told {
  const lines: string[] = [];
  let line = "";
  for (const word of visibleLine(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + longer.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  const [begin = "", ...more] = [...lines, indent + line];
  return [first + begin.slice(indent.length), ...more].join("\n") as Told;
}

/** All that a command says goes through here or `printError`: no text of a service, a device or a journal orders a terminal. */
export function print(text: Told): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Text with values from outside, each of which stays within its line. */
export function told(texts: TemplateStringsArray, ...values: readonly (string | number | null)[]): Told {
  return String.raw({ raw: texts }, ...values.map((value) => visibleLine(String(value)))) as Told;
}

/** One below the other. */
export function lines(parts: readonly Told[]): Told {
  return parts.join("\n") as Told;
}

export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${visible(text)}\n`);
}

/** What was drawn here, with the colours that it needs. */
export function printPicture(picture: string, out: NodeJS.WriteStream = process.stdout): void {
  out.write(`${picture}\n`);
}

/** What is a file's content, byte for byte where it goes to a file or a program. */
export function printContent(content: string): void {
  process.stdout.write(process.stdout.isTTY === true ? visible(content) : content);
}
