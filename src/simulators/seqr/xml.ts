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
  /** As written, to be met again at the end tag. */
  readonly tag: string;
  readonly namespaces: ReadonlyMap<string, string>;
}

/** Comment, CDATA, processing instruction, tag or text. A DOCTYPE is none of these, so no entity can be declared. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const DEPTH_MAX = 40;

/** The document's outermost element; undefined when the text is not well-formed. Entities stay as they are. */
export function readXml(xml: string): XmlElement | undefined {
  const document = open("", "", new Map());
  const path = [document];
  let end = xml.startsWith("\uFEFF") ? 1 : 0;
  for (const token of xml.slice(end).matchAll(TOKEN)) {
    end += token[0].length;
    const [, cdata, slash, tag, attributes = "", selfClosing, text] = token;
    const current = path.at(-1) ?? document;
    if (tag === undefined) {
      current.text += cdata ?? text ?? "";
    } else if (slash === "/") {
      if (current.tag !== tag) return undefined;
      path.pop();
    } else {
      const child = open(tag, attributes, current.namespaces);
      current.children.push(child);
      if (selfClosing !== "/") path.push(child);
    }
    if (path.length > DEPTH_MAX) return undefined;
  }
  const complete = end === xml.length && path.length === 1 && document.text.trim() === "";
  return complete && document.children.length === 1 ? document.children[0] : undefined;
}

export function childNamed(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function open(tag: string, attributeText: string, outer: ReadonlyMap<string, string>): OpenElement {
  const attributes = new Map<string, string>();
  for (const [, name = "", quoted, single] of attributeText.matchAll(ATTRIBUTE)) {
    attributes.set(name, quoted ?? single ?? "");
  }
  const namespaces = new Map(outer);
  for (const [name, value] of attributes) {
    if (name === "xmlns") namespaces.set("", value);
    else if (name.startsWith("xmlns:")) namespaces.set(name.slice("xmlns:".length), value);
  }
  const [prefix, local] = tag.includes(":") ? tag.split(":") : ["", tag];
  const namespace = namespaces.get(prefix ?? "") ?? "";
  return { name: local ?? "", namespace, attributes, children: [], text: "", tag, namespaces };
}
