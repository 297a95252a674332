import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Loaded } from "../../config/load.ts";
import { secretPath, terminalFile } from "../../config/secrets.ts";

/** A file of the kiosk, by the name that it has in a backup whatever its path is. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

const REGISTER = /^(meter|simulated)-[a-z0-9-]{1,64}[.]register$/;
const TERMINAL = /^[a-z0-9-]{1,64}[.]json$/;
const CREDENTIAL = "credential:";
/** Keys of certificates, which are no secrets; every other key that names a file names a secret. */
const PUBLIC = ["caFile", "certFile"];

/** The files in which dispensers keep what they have counted, of positions that are gone too. */
export function registersOf({ config }: Loaded): readonly Place[] {
  const folder = dirname(config.journal.path);
  const beside = listed(folder, REGISTER).map((file) => ({ name: `registers/${file}`, path: join(folder, file) }));
  return [...beside, ...configuredRegisters(config).filter(({ path }) => existsSync(path))];
}

/** Where a register of a backup belongs; null when the configuration has no such position. */
export function registerPlace({ config }: Loaded, name: string): string | null {
  const file = name.slice("registers/".length);
  if (REGISTER.test(file)) return join(dirname(config.journal.path), file);
  return configuredRegisters(config).find((each) => each.name === name)?.path ?? null;
}

function configuredRegisters({ positions }: Loaded["config"]): readonly Place[] {
  return positions.flatMap(({ id, dispenser }) =>
    "register" in dispenser && dispenser.register !== undefined
      ? [{ name: `registers/configured-${id}.register`, path: resolve(dispenser.register) }]
      : [],
  );
}

export function certificatesOf(loaded: Loaded): readonly Place[] {
  return named(loaded, (key) => PUBLIC.includes(key)).map(({ key, file }) => ({
    name: `certificates/${key}`,
    path: resolve(dirname(loaded.file), file),
  }));
}

/** Files with secrets, and what is left out because systemd has it. */
export function secretsOf(loaded: Loaded): { readonly places: readonly Place[]; readonly credentials: string[] } {
  const all = named(loaded, (key) => !PUBLIC.includes(key));
  const places = all
    .filter(({ file }) => !file.startsWith(CREDENTIAL))
    .map(({ key, file }) => ({ name: key, path: secretPath(loaded.file, file) }));
  const folder = dirname(terminalFile(loaded.config.journal.path, "any"));
  const terminals = listed(folder, TERMINAL).map((file) => ({ name: `terminals/${file}`, path: join(folder, file) }));
  return {
    places: [...places, ...terminals],
    credentials: [...new Set(all.map(({ file }) => file).filter((file) => file.startsWith(CREDENTIAL)))],
  };
}

/** Where a secret of a backup belongs; null when the configuration has no such key. */
export function secretPlace(loaded: Loaded, name: string): string | null {
  const file = name.startsWith("terminals/") ? name.slice("terminals/".length) : null;
  if (file !== null) {
    return TERMINAL.test(file) ? join(dirname(terminalFile(loaded.config.journal.path, "any")), file) : null;
  }
  const found = named(loaded, (key) => !PUBLIC.includes(key)).find(({ key }) => key === name);
  // The file itself, and not the copy that systemd has passed of it.
  return found === undefined || found.file.startsWith(CREDENTIAL) ? null : resolve(dirname(loaded.file), found.file);
}

export function certificatePlace(loaded: Loaded, name: string): string | null {
  return certificatesOf(loaded).find((each) => each.name === name)?.path ?? null;
}

/** Every `…File` of a configuration, with the way to it: `positions.1.terminal.passwordFile`. */
function named({ config }: Loaded, wanted: (key: string) => boolean): { key: string; file: string }[] {
  const found: { key: string; file: string }[] = [];
  const walk = (value: unknown, way: readonly string[]): void => {
    const last = way.at(-1) ?? "";
    if (typeof value === "string" && last.endsWith("File") && wanted(last)) {
      found.push({ key: way.join("."), file: value });
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) walk(part, [...way, Array.isArray(value) ? idOf(part, key) : key]);
  };
  walk(config, []);
  return found;
}

/** Positions may stand in another order on another machine. */
function idOf(part: unknown, index: string): string {
  return typeof part === "object" && part !== null && "id" in part ? String(part.id) : index;
}

function listed(folder: string, pattern: RegExp): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => pattern.test(file))
        .sort()
    : [];
}
