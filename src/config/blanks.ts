/** Blanks that look like the plain one and are none, as copying from a page or a word processor brings them. */
const STRANGE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]/gu;

/** The name of the first strange blank in a text; null where all are plain. */
export function strangeBlankIn(text: string): string | null {
  const [blank] = text.match(STRANGE) ?? [];
  if (blank === undefined) return null;
  const code = (blank.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return "\u00a0\u2007\u202f".includes(blank) ? "a no-break space" : `the blank U+${code}`;
}

/** The text as it was most likely meant. */
export function withPlainBlanks(text: string): string {
  return text.replace(STRANGE, " ");
}
