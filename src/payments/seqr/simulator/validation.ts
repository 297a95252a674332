import { childNamed, readXml, type XmlElement } from "./xml.ts";

/** One element of a sequence; `type` is a name in the schema, a built-in type, or the fields themselves. */
interface Field {
  readonly name: string;
  readonly type: string | readonly Field[];
  readonly min: number;
  readonly max: number;
}

interface Checked {
  /** Empty when the message is too broken to tell. */
  readonly operation: string;
  /** What is wrong with the message, by the element's name; undefined when nothing is. */
  readonly problem: string | undefined;
}

const SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";
const DATE_TIME = /^-?\d{4,}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  int: (text) => isWhole(text, 2n ** 31n),
  long: (text) => isWhole(text, 2n ** 63n),
  decimal: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text),
  dateTime: (text) => {
    const [, month = 0, day = 0, hour = 0, minute = 0, second = 0] = DATE_TIME.exec(text) ?? [];
    return +month >= 1 && +month <= 12 && +day >= 1 && +day <= 31 && +hour <= 24 && +minute <= 59 && +second <= 59;
  },
  base64Binary: (text) => {
    const packed = text.replace(/\s/g, "");
    return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  },
};

/** The message types of an interface description, against which messages are checked before anything reads them. */
export class SoapSchema {
  readonly #elements = new Map<string, string>();
  readonly #fields = new Map<string, readonly Field[]>();
  readonly #enumerations = new Map<string, ReadonlySet<string>>();
  readonly #namespace: string;

  constructor(wsdl: string) {
    const schema = childNamed(childNamed(readXml(wsdl), "types"), "schema");
    this.#namespace = schema?.attributes.get("targetNamespace") ?? "";
    const declared = schema?.children ?? [];
    const complex = new Map(declared.filter(isNamed("complexType")).map((type) => [nameOf(type), type]));
    for (const element of declared.filter(isNamed("element"))) this.#elements.set(nameOf(element), typeOf(element));
    for (const [name, type] of complex) this.#fields.set(name, fieldsOf(type, complex));
    for (const type of declared.filter(isNamed("simpleType"))) {
      const values = childNamed(type, "restriction")?.children ?? [];
      this.#enumerations.set(nameOf(type), new Set(values.map((value) => value.attributes.get("value") ?? "")));
    }
    this.#forgive();
  }

  /** A whole SOAP message, request or answer. */
  check(xml: string): Checked {
    const envelope = readXml(xml);
    if (envelope === undefined) return { operation: "", problem: "the message is no well-formed XML" };
    if (envelope.name !== "Envelope" || envelope.namespace !== SOAP_ENVELOPE) {
      return { operation: "", problem: `the message is a ${envelope.name} and no SOAP 1.1 Envelope` };
    }
    const body = childNamed(envelope, "Body");
    const [content, ...more] = body?.children ?? [];
    if (content === undefined || more.length > 0) return { operation: "", problem: "Body must hold one element" };
    const type = this.#elements.get(content.name);
    if (type === undefined || content.namespace !== this.#namespace) {
      return { operation: content.name, problem: `Body holds the unknown element ${content.name}` };
    }
    return { operation: content.name, problem: this.#problemIn(content, type) };
  }

  /** What the vendor's own samples and clients do, and the service takes. */
  #forgive(): void {
    const status = this.#fields.get("getPaymentStatus") ?? [];
    const version = status.map((field) => (field.name === "invoiceVersion" ? { ...field, min: 0 } : field));
    this.#fields.set("getPaymentStatus", version);
    const entry = { name: "entry", type: "parameter", min: 0, max: Infinity };
    this.#fields.set("parameterMap", [...(this.#fields.get("parameterMap") ?? []), entry]);
  }

  #problemIn(element: XmlElement, type: string | readonly Field[]): string | undefined {
    const attribute = [...element.attributes].find(isForeign)?.[0];
    if (attribute !== undefined) return `${element.name} may not have the attribute ${attribute}`;
    const fields = typeof type === "string" ? this.#fields.get(type) : type;
    if (fields !== undefined) return this.#problemInFields(element, fields);
    if (element.children.length > 0) return `${element.name} may not hold elements`;
    const known = this.#enumerations.get(String(type));
    const fits = known?.has(element.text) ?? FORMATS[String(type)]?.(element.text.trim()) ?? true;
    return fits ? undefined : `${element.name} holds no valid ${String(type)}`;
  }

  #problemInFields(element: XmlElement, fields: readonly Field[]): string | undefined {
    if (element.text.trim() !== "") return `${element.name} may not hold text`;
    const counts = fields.map(() => 0);
    let last = 0;
    for (const child of inForgivenOrder(element)) {
      const index = fields.findIndex(({ name }) => name === child.name);
      const field = fields[index];
      if (field === undefined || child.namespace !== "")
        return `${element.name} holds the unknown element ${child.name}`;
      if (index < last) return `${child.name} is out of order in ${element.name}`;
      last = index;
      counts[index] = (counts[index] ?? 0) + 1;
      if ((counts[index] ?? 0) > field.max) return `${element.name} holds more than one ${child.name}`;
      const problem = this.#problemIn(child, field.type);
      if (problem !== undefined) return problem;
    }
    const missing = fields.find(({ min }, index) => (counts[index] ?? 0) < min);
    return missing === undefined ? undefined : `${element.name} lacks ${missing.name}`;
  }
}

/** The vendor's samples ask for a status with the version before the reference. */
function inForgivenOrder(element: XmlElement): readonly XmlElement[] {
  const { children } = element;
  const isVersion = isNamed("invoiceVersion");
  if (element.name !== "getPaymentStatus" || children.at(-1)?.name !== "invoiceReference") return children;
  return [...children.filter((child) => !isVersion(child)), ...children.filter(isVersion)];
}

function fieldsOf(type: XmlElement, complex: ReadonlyMap<string, XmlElement>): readonly Field[] {
  const extension = childNamed(childNamed(type, "complexContent"), "extension");
  const base = complex.get(local(extension?.attributes.get("base") ?? ""));
  const own = (childNamed(extension ?? type, "sequence")?.children ?? []).map((element) => {
    const inner = childNamed(element, "complexType");
    const max = element.attributes.get("maxOccurs") ?? "1";
    return {
      name: nameOf(element),
      type: inner === undefined ? typeOf(element) : fieldsOf(inner, complex),
      min: Number(element.attributes.get("minOccurs") ?? "1"),
      max: max === "unbounded" ? Infinity : Number(max),
    };
  });
  return base === undefined ? own : [...fieldsOf(base, complex), ...own];
}

/** Nothing may be nil here, and the only attributes of the schema are the general ones of SOAP and XML Schema. */
function isForeign([name, value]: readonly [string, string]): boolean {
  if (name === "xmlns" || name.startsWith("xmlns:")) return false;
  return !name.includes(":") || (local(name) === "nil" && value !== "false" && value !== "0");
}

function isNamed(name: string): (element: XmlElement) => boolean {
  return (element) => element.name === name;
}

function nameOf(element: XmlElement): string {
  return element.attributes.get("name") ?? "";
}

function typeOf(element: XmlElement): string {
  return local(element.attributes.get("type") ?? "");
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function isWhole(text: string, limit: bigint): boolean {
  if (!/^[+-]?\d{1,30}$/.test(text)) return false;
  const value = BigInt(text.replace("+", ""));
  return value >= -limit && value < limit;
}
