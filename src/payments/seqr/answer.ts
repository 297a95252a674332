import sax, { type QualifiedTag } from "sax";
import { flat, parsed } from "./piecewise.ts";

/** An element as it is read: its text, null where it says that it is none, its elements by name, or several of a name. */
export type Read = string | null | Read[] | { [name: string]: Read };

interface Open {
  readonly name: string;
  readonly isNil: boolean;
  /** None until the first element inside comes. */
  fields: { [name: string]: Read } | null;
  text: string;
}

/** Answers are some six elements deep and have some thirty elements; a document that one carries is text to it. */
const DEPTH_MAX = 32;
const ELEMENTS_MAX = 4_000;
const ATTRIBUTES_MAX = 64;
/** The parser compares each attribute with all those before it, and tells of them only at the end of the tag. */
const TAG_CHARS_MAX = 8 * 1024;
const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/**
 * What a SOAP message's body holds, piece by piece, with time for others between the pieces. Rejects at the first thing
 * that no answer has: a document type, anything after the end of the first element (the parser itself allows
 * another one, which need not even end), more elements, attributes or levels than any answer has, an element that stands
 * for another's text (`href`), and names that all objects inherit. Names count and namespaces do not. All text of an
 * element is one, whatever comments or sections are in it.
 */
export async function readBody(xml: string): Promise<Read> {
  return await new Reader().read(xml);
}

class Reader {
  readonly #parser = sax.parser(true, { xmlns: true });
  readonly #document: Open = opened("", false);
  readonly #path: Open[] = [this.#document];
  #elements = 0;
  #tagChars = 0;
  #inTag = false;

  constructor() {
    const parser = this.#parser;
    const read = (part: string): void => {
      const current = this.#path.at(-1);
      if (current !== undefined) current.text += flat(part);
    };
    parser.onopentagstart = () => {
      this.#inTag = true;
      this.#elements += 1;
      if (this.#elements > ELEMENTS_MAX || this.#path.length > DEPTH_MAX) refuse();
    };
    parser.onopentag = (node) => this.#open(node as QualifiedTag);
    parser.onclosetag = () => this.#close();
    parser.ontext = read;
    parser.oncdata = read;
    parser.ondoctype = refuse;
    parser.onerror = refuse;
  }

  async read(xml: string): Promise<Read> {
    await parsed(this.#parser, xml, (pieceChars) => {
      this.#tagChars = this.#inTag ? this.#tagChars + pieceChars : 0;
      if (this.#tagChars > TAG_CHARS_MAX) refuse();
    });
    const envelope = fieldOf(this.#document.fields, "Envelope");
    return fieldOf(envelope, "Body") ?? null;
  }

  #open({ local, attributes }: QualifiedTag): void {
    this.#inTag = false;
    const all = Object.values(attributes);
    const isAfterEnd = this.#path.length === 1 && this.#elements > 1;
    const id = attributes["id"]?.value ?? "";
    if (isAfterEnd || all.length > ATTRIBUTES_MAX || local in {} || id in {} || "href" in attributes) refuse();
    const isNil = all.some((each) => each.local === "nil" && each.uri === XSI && /^\s*(true|1)\s*$/i.test(each.value));
    this.#path.push(opened(local, isNil));
  }

  #close(): void {
    const element = this.#path.pop();
    const parent = this.#path.at(-1);
    if (element === undefined || parent === undefined) return;
    const { name, isNil, fields } = element;
    parent.fields ??= {};
    const read = isNil ? null : (fields ?? element.text.trim());
    const before = fieldOf(parent.fields, name);
    if (before === undefined) parent.fields[name] = read;
    else if (Array.isArray(before)) before.push(read);
    else parent.fields[name] = [before, read];
  }
}

function opened(name: string, isNil: boolean): Open {
  return { name, isNil, fields: null, text: "" };
}

export function fieldOf(read: Read | undefined, name: string): Read | undefined {
  if (typeof read !== "object" || read === null || Array.isArray(read)) return undefined;
  return read[name];
}

/** How many elements are in it. */
export function countOf(read: Read): number {
  if (typeof read !== "object" || read === null) return 0;
  return Object.values(read).reduce((count, each) => count + (Array.isArray(each) ? each.length : 1), 0);
}

function refuse(): never {
  throw new Error("the answer is no plain XML");
}
