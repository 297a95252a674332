import { chownSync, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The administrator's files must not keep the kiosk's own user away. That is the user of the file at `path`, or of its
 * folder when there is no such file, or the administrator has made or copied it.
 */
export function ownedByKiosk(path: string, files: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  const own = statSync(path, { throwIfNoEntry: false });
  const { uid, gid } = own === undefined || own.uid === 0 ? statSync(dirname(path)) : own;
  for (const file of files) if (existsSync(file)) chownSync(file, uid, gid);
}
