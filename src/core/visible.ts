/**
 * What a terminal would obey, or would not show: controls, escapes, marks that turn the direction of writing, characters
 * without width, halves of characters, blanks that look like the plain one and are none. Line breaks are left, and
 * the wide blank of East Asian names.
 */
const UNSEEN = /(?![\n \u3000])[\p{Cc}\p{Cf}\p{Cs}\p{Z}\u2800\p{Default_Ignorable_Code_Point}]/gu;

/** Text from outside as it may go to a terminal: what nobody would see stands there as `\u{9b}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As `visible`, for what stands within a line or a cell: a line break could forge the line after it. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\u{a}");
}

/** As `visible`, for JSON: it means the same to who reads it. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}
