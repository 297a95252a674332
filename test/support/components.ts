import { existsSync } from "node:fs";

/**
 * Whether a program that a test needs is on this machine; tells by name what is skipped without it.
 * Throws in CI, where nothing may be skipped.
 */
export function needs(component: string, path: string): boolean {
  if (existsSync(path)) return true;
  if (process.env["CI"] === "true") throw new Error(`${component} is missing: there is no ${path}.`);
  console.warn(`Skipped without ${component}: there is no ${path}.`);
  return false;
}
