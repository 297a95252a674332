import { existsSync } from "node:fs";

/**
 * Whether a program or library that is not everywhere is on this machine. `KIOSKD_WITHOUT` declares absent what it
 * names, with commas between, or everything with `all`.
 */
export function isHere(component: string, path: string): boolean {
  return !isDeclaredAbsent(component) && existsSync(path);
}

/**
 * Whether what a test needs is on this machine; tells by name what is skipped without it. Throws in CI, where nothing
 * may be skipped but what is declared absent.
 */
export function needs(component: string, path: string): boolean {
  if (isHere(component, path)) return true;
  if (isDeclaredAbsent(component)) {
    console.warn(`Skipped without ${component}: KIOSKD_WITHOUT declares it absent.`);
    return false;
  }
  if (process.env["CI"] === "true") throw new Error(`${component} is missing: there is no ${path}.`);
  console.warn(`Skipped without ${component}: there is no ${path}.`);
  return false;
}

function isDeclaredAbsent(component: string): boolean {
  const names = (process.env["KIOSKD_WITHOUT"] ?? "").split(",").map((name) => name.trim());
  return names.includes("all") || names.includes(component);
}
