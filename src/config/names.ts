import type { Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

type Found = Omit<Problem, "line">;

/** What the journal holds under a name must belong to one position, or to none. */
export function nameChecks({ positions, retired }: Config): Found[] {
  const ids = positions.map(({ id }) => id);
  const heirs = new Map<string, string>();
  const found: Found[] = [];
  for (const [index, { id, formerly }] of positions.entries()) {
    for (const name of formerly) {
      const heir = heirs.get(name);
      heirs.set(name, id);
      const message = formerProblem(name, { ids, retired, heir: heir ?? null });
      if (message !== null) found.push({ path: ["positions", index, "formerly"], message });
    }
  }
  for (const [index, name] of retired.entries()) {
    const path = ["retired", index];
    const message = `position "${name}" is configured: remove it here, or give the position another id`;
    if (ids.includes(name)) found.push({ path, message });
    else if (retired.indexOf(name) !== index) found.push({ path, message: `"${name}" stands twice: remove one` });
  }
  return found;
}

function formerProblem(
  name: string,
  { ids, retired, heir }: { ids: readonly string[]; retired: readonly string[]; heir: string | null },
): string | null {
  if (ids.includes(name))
    return `position "${name}" is still configured: what it has belongs to it; remove the name here`;
  if (heir !== null) return `position "${heir}" takes over from "${name}" already: name it once, where its devices are`;
  if (retired.includes(name)) return `"${name}" is retired too: remove it there if its devices are here, else here`;
  return null;
}
