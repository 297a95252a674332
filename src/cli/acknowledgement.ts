import { userInfo } from "node:os";
import { UsageError } from "../platform/console/failure.ts";

const NOTE_MAX = 500;

/** Who sits at the keyboard, behind sudo too. */
export function whoIsThere(): string {
  const behind = process.env["SUDO_USER"];
  if (behind !== undefined && behind !== "") return behind;
  try {
    return userInfo().username;
  } catch {
    // A user id without a name.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** What was found, in words: without them nobody can tell later why it was put aside. */
export function noteOf(text: string | undefined): string {
  const note = text?.trim() ?? "";
  if (note === "" || note.length > NOTE_MAX) throw new UsageError(`--note: expected 1 to ${NOTE_MAX} characters`);
  return note;
}
