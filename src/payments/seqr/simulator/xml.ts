import sax, { type QualifiedTag } from "sax";

/** One element as it stood in the text, with its name split from its namespace. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const DEPTH_MAX = 40;

/** The document's outermost element; undefined when the text is not well-formed, or brings a DOCTYPE of its own. */
export function readXml(xml: string): XmlElement | undefined {
  const document: OpenElement = { name: "", namespace: "", attributes: new Map(), children: [], text: "" };
  const path = [document];
  let broken = false;
  const parser = sax.parser(true, { xmlns: true });
  const read = (part: string): void => {
    const current = path.at(-1);
    if (current !== undefined) current.text += part;
  };
  parser.onopentag = (node) => {
    const { local, uri, attributes } = node as QualifiedTag;
    const values = Object.values(attributes).map(({ name, value }) => [name, value] as const);
    const child = { name: local, namespace: uri, attributes: new Map(values), children: [], text: "" };
    path.at(-1)?.children.push(child);
    path.push(child);
    broken ||= path.length > DEPTH_MAX;
  };
  parser.onclosetag = () => void path.pop();
  parser.ontext = read;
  parser.oncdata = read;
  parser.ondoctype = () => {
    broken = true;
  };
  parser.onerror = () => {
    broken = true;
    parser.resume();
  };
  parser.write(xml.replace(/^\uFEFF/, "")).close();
  return broken || document.children.length !== 1 ? undefined : document.children[0];
}

export function childNamed(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
