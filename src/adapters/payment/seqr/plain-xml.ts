import sax, { type QualifiedTag } from "sax";

/** Answers are some six elements deep; a document that one carries is text to it. */
const DEPTH_MAX = 32;

/**
 * Throws at the first thing in an answer that a SOAP message must not have, or that the SOAP package comes to grief on:
 * a document type, anything after the end of the first element (the parser itself allows another one, which need not
 * even end), elements without end inside each other, an element that stands for another's text (`href`), and
 * names by which the package would write into what all objects inherit.
 */
export function assertPlainXml(xml: string): void {
  const parser = sax.parser(true, { xmlns: true });
  let depth = 0;
  let isOver = false;
  parser.onopentag = (node) => {
    if (isOver) refuse();
    depth += 1;
    const { local, attributes } = node as QualifiedTag;
    const id = attributes["id"]?.value ?? "";
    if (depth > DEPTH_MAX || local in {} || id in {} || "href" in attributes) refuse();
  };
  parser.onclosetag = () => {
    depth -= 1;
    isOver = depth === 0;
  };
  parser.ondoctype = refuse;
  parser.onerror = refuse;
  parser.write(xml).close();
}

function refuse(): never {
  throw new Error("the answer is no plain XML");
}
