/** The candidate that a misspelt word was most likely meant to be; null when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const plain = plainOf(word);
  const same = candidates.find((each) => plainOf(each) === plain);
  if (same !== undefined) return same;
  const most = Math.min(3, Math.floor(plain.length / 3));
  const near = candidates
    .map((name) => ({ name, steps: stepsBetween(plain, plainOf(name)) }))
    .filter(({ steps }) => steps <= most)
    .sort((one, other) => one.steps - other.steps)[0];
  if (near !== undefined) return near.name;
  const [head = ""] = word.split(/[-_.\s]/);
  if (head !== "" && candidates.includes(head)) return head;
  const within = candidates.filter(
    (each) =>
      plain.length >= 4 && (plainOf(each).startsWith(plain) || (each.length >= 4 && plain.startsWith(plainOf(each)))),
  );
  return within.length === 1 ? (within[0] ?? null) : null;
}

/** `unit_price`, `unit-price` and `UnitPrice` are one spelling. */
function plainOf(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replace(/[\s_.-]/g, "");
}

/** How many letters are put in, left out, changed, or swapped with the next one. */
function stepsBetween(one: string, other: string): number {
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let at = 1; at <= other.length; at++) {
      const change = (above[at - 1] ?? 0) + (one[row - 1] === other[at - 1] ? 0 : 1);
      const swaps = row > 1 && at > 1 && one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      const swap = swaps ? (before[at - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current[at] = Math.min(change, swap, (above[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1);
    }
    before = above;
    above = current;
  }
  return above[other.length] ?? 0;
}
