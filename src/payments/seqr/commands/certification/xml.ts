const LONGEST_MESSAGE = 200_000;

/** Each end is optional, so that what was cut is one token and not searched again from every place in it. */
const TOKEN = /<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<[^>]*>?|[^<]+/g;

/** For reading: one element a line. What is no XML, or is cut, comes out as well as it can. */
export function indented(xml: string): string {
  const tokens = (xml.slice(0, LONGEST_MESSAGE).match(TOKEN) ?? []).filter((token) => token.trim() !== "");
  const lines: string[] = [];
  let depth = 0;
  let joins = false;
  for (const [index, token] of tokens.entries()) {
    const closes = token.startsWith("</");
    if (closes) depth = Math.max(0, depth - 1);
    if (joins || (closes && isOpening(tokens[index - 1]))) lines[lines.length - 1] += token;
    else lines.push("  ".repeat(depth) + token.trim());
    if (isOpening(token)) depth += 1;
    joins = isJoined(tokens, index);
  }
  if (xml.length > LONGEST_MESSAGE) lines.push(`(${xml.length - LONGEST_MESSAGE} more characters)`);
  return lines.join("\n");
}

/** An element that holds nothing but text stays on its line. */
function isJoined(tokens: readonly string[], index: number): boolean {
  const isText = (token: string | undefined): boolean =>
    token !== undefined && (!token.startsWith("<") || token.startsWith("<!["));
  if (isOpening(tokens[index])) return isText(tokens[index + 1]) && tokens[index + 2]?.startsWith("</") === true;
  return isText(tokens[index]) && isOpening(tokens[index - 1]) && tokens[index + 1]?.startsWith("</") === true;
}

function isOpening(token: string | undefined): boolean {
  return token !== undefined && /^<[^/!?]/.test(token) && !token.endsWith("/>");
}
