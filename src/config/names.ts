import { type Found, type Path, sentence, shown } from "./problem.ts";
import type { Config } from "./schema.ts";

/** What the journal holds under a name must belong to one position, or to none. */
export function nameChecks({ positions, retired }: Config): Found[] {
  const ids = positions.map(({ id }) => id);
  const heirs = new Map<string, number>();
  const found: Found[] = [];
  for (const [index, { formerly }] of positions.entries()) {
    for (const name of formerly) {
      const heir = heirs.get(name) ?? null;
      if (heir === null) heirs.set(name, index);
      const problem = formerProblem(name, { ids, retired, heir });
      if (problem !== null) found.push({ path: ["positions", index, "formerly"], ...problem });
    }
  }
  for (const [index, name] of retired.entries()) {
    const path = ["retired", index];
    const first = retired.indexOf(name);
    if (ids.includes(name)) {
      const expected = "the id of none: remove it here, or give the position another id";
      const message = sentence({ found: `${shown(name)}, the id of a position`, expected });
      found.push({ path, message, other: ["positions", ids.indexOf(name), "id"] });
    } else if (first !== index) {
      const message = sentence({ found: `${shown(name)} a second time`, expected: "each id once: remove one" });
      found.push({ path, message, other: ["retired", first] });
    }
  }
  return found;
}

function formerProblem(
  name: string,
  { ids, retired, heir }: { ids: readonly string[]; retired: readonly string[]; heir: number | null },
): { readonly message: string; readonly other: Path } | null {
  const text = shown(name);
  if (ids.includes(name)) {
    const expected = "an id that is no position's any more: what this one has belongs to it, so remove the name here";
    return {
      message: sentence({ found: `${text}, the id of a position`, expected }),
      other: ["positions", ids.indexOf(name), "id"],
    };
  }
  if (heir !== null) {
    const expected = "each former id once, where its devices are now";
    return { message: sentence({ found: `${text} a second time`, expected }), other: ["positions", heir, "formerly"] };
  }
  if (!retired.includes(name)) return null;
  const expected = "a former id or a retired one: remove it from retired if its devices are here, else here";
  return {
    message: sentence({ found: `${text}, which is retired too`, expected }),
    other: ["retired", retired.indexOf(name)],
  };
}
