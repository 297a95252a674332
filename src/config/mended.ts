import { z } from "zod";
import { durationMs } from "./fields.ts";
import { inQuotes, maskedValue } from "./problem.ts";

/**
 * What was most likely meant, as it should be written: of what the value may have been meant as, the first that the
 * schema takes. Null when it takes none of it.
 */
export function mended(schema: z.core.$ZodType, value: unknown, source: string | null): string | null {
  for (const meant of meaningsOf(value, source)) {
    if (meant !== value && z.safeParse(schema, meant).success) return asYaml(meant);
  }
  return null;
}

function meaningsOf(value: unknown, source: string | null): readonly unknown[] {
  if (typeof value === "number" || typeof value === "boolean") return meaningsOfBare(value, source ?? String(value));
  if (typeof value === "string" && (value.includes("://") || maskedValue(value) !== value))
    return addressesIn(value.trim());
  if (typeof value === "string") return [...meaningsOfText(value.trim()), [value]];
  return Array.isArray(value) && value.length === 1 ? [value[0]] : [];
}

/** What stands without quotes. */
function meaningsOfBare(value: number | boolean, text: string): readonly unknown[] {
  return [text, `${text}s`, `${text}ms`, `${text}m`, `GPIO${text}`, Number(value) * 1_000, [value], [text]];
}

function meaningsOfText(text: string): readonly unknown[] {
  const number = text
    .replace(UNIT_BEHIND, "$1")
    .replace(/,(?=\d{1,2}$)/, ".")
    .replace(/^[.]/, "0.");
  const isNumber = /^-?\d+(\.\d+)?$/.test(number);
  const isShort = /[a-z]/i.test(text) && text.length <= 40 && text.split(/\s+/).length <= 3;
  return [
    ...[text, number, text.toLowerCase(), text.toUpperCase()],
    ...(isShort ? [text.replaceAll(/\s+/g, "-"), text.replaceAll(/\s+/g, "")] : []),
    ...(/^(yes|on|y|true)$/i.test(text) ? [true] : /^(no|off|n|false)$/i.test(text) ? [false] : []),
    ...(isNumber ? [Number(number), number.replace(/^-/, "")] : []),
    ...durationsIn(text),
    ...(isShort ? [nameOf(text)] : []),
    ...addressesIn(text),
    ...(text.startsWith("tty") ? [`/dev/${text}`] : []),
    ...(/^-\S+( -\S+)*$/.test(text) ? [text.split(" ").map((each) => each.slice(1))] : []),
  ];
}

/** "25%", "16A", "19.89 SEK/L"; not "1e2" or "0x10", which are numbers of another kind. */
const UNIT_BEHIND = /^(?!\d+e\d|0[xob])([\d.,]+)\s*(?:%|€|(?:[a-z]{1,4}\.?)?\s*(?:\/\s*[a-z]+)?)$/i;

function nameOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-|-$/g, "");
}

function addressesIn(text: string): readonly string[] {
  const isSchemed = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(text) || text.startsWith("/");
  if (!isSchemed) return [`https://${text}`, `mqtts://${text}`, text.replaceAll(/\s*:\s*/g, ":")];
  if (!text.includes("://")) return [text.replace(/^([a-z]+):\/*/i, "$1://")];
  return [
    text.replace(/^http:/, "https:"),
    text.replace(/^(https?|tcp):/, "mqtt:"),
    text.replace(/^(ssl|tls):/, "mqtts:"),
    ...(/^[a-z]+:\/\/[^/]+:\d+\/?$/.test(text) ? [text.replace(/^[a-z]+:\/\//, "").replace(/\/$/, "")] : []),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  msec: "ms",
  second: "s",
  sec: "s",
  minute: "m",
  min: "m",
  hour: "h",
  day: "d",
  year: "y",
  week: "w",
};

/** "1h30m" and "1:30" (hours and minutes) as minutes, "10 seconds" as seconds. */
function durationsIn(text: string): readonly string[] {
  const clock = /^(\d{1,3}):(\d\d)$/.exec(text);
  if (clock !== null) return [`${Number(clock[1]) * 60 + Number(clock[2])}m`];
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)].map(([, count, word = ""]) => {
    const unit = word.toLowerCase().replace(/(?<=..)s$/, "");
    return Number(count) * durationMs(`1${WORDS[unit] ?? unit}`);
  });
  if (parts.length === 0) return [];
  const sumMs = parts.reduce((sum, each) => sum + each, 0);
  return (["d", "h", "m", "s", "ms"] as const).flatMap((unit) => {
    const count = sumMs / durationMs(`1${unit}`);
    return Number.isInteger(count) && count > 0 ? [`${count}${unit}`] : [];
  });
}

/** Text stands in quotes where YAML would take it for something else. */
export function asYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asYaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${asYaml(key)}: ${asYaml(inner)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  return /^[\d.+-]+(e\d+)?$|^0[xo]|^(true|false|null|~|)$|^[\s*&!@%`#>|?[\]{},"'-]|: | #|\s/i.test(value)
    ? inQuotes(maskedValue(value))
    : maskedValue(value);
}
