/** Shorter ones are likely to be a part of some reference or amount, and are masked only where they stand alone. */
const DISTINCT_LENGTH = 8;

/** Replaces every secret in every text of a value, as it is and as XML has it. */
export function maskerOf(secrets: readonly string[]): <T>(value: T) => T {
  const patterns = [...new Set(secrets.flatMap((secret) => [secret, escaped(secret)]))]
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length)
    .map(patternOf);
  const maskText = (text: string): string => patterns.reduce((masked, each) => masked.replace(each, "***"), text);
  return function mask<T>(value: T): T {
    if (typeof value === "string") return maskText(value) as T;
    return JSON.parse(JSON.stringify(value), (_key, part) => (typeof part === "string" ? maskText(part) : part));
  };
}

function patternOf(secret: string): RegExp {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const alone = secret.length < DISTINCT_LENGTH;
  return new RegExp(alone ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal, "gu");
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
