import { readFileSync, statSync } from "node:fs";
import { PORT } from "./texts.ts";

/** What to do where a device may not be opened: nearly always it belongs to a group that the user is not in. */
export function groupAdvice(path: string): string {
  const group = groupOf(path);
  if (group === null) return `see \`ls -l ${path}\` for its group`;
  return `it belongs to the group ${group}: run \`sudo usermod -aG ${group} USER\`, then log in anew; in the unit, SupplementaryGroups=${group}`;
}

/** Why a port cannot be opened, and what to do. */
export function portProblem(path: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/no such file/i.test(text)) return PORT.missing();
  if (/permission denied|not permitted/i.test(text)) return PORT.forbidden(groupAdvice(path));
  if (/lock port|busy/i.test(text)) return PORT.taken(path);
  return PORT.other(text);
}

function groupOf(path: string): string | null {
  try {
    const { gid } = statSync(path);
    const row = readFileSync("/etc/group", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .find(([, , id]) => Number(id) === gid);
    return row?.[0] ?? String(gid);
  } catch {
    return null;
  }
}
