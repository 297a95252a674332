import { visible, visibleJson, visibleLine } from "../core/visible.ts";

const WIDTH = 80;

/** Text for a terminal of 80 columns, or a part of it; a word that is longer than a line stays whole. */
export function wrapped(text: string, indent = "", width = WIDTH): string {
  const lines: string[] = [];
  let line = "";
  for (const word of visibleLine(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + longer.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return [...lines, indent + line].join("\n");
}

/** All that a command says goes through here or `printError`: no text of a service, a device or a journal orders a terminal. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Text with values from outside, each of which stays within its line. */
export function told(texts: TemplateStringsArray, ...values: readonly (string | number | null)[]): string {
  return String.raw({ raw: texts }, ...values.map((value) => visibleLine(String(value))));
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
