import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Loaded } from "../../config/load.ts";
import type { NamedFile } from "../../config/named-files.ts";
import { filesIn, keptIn } from "../../config/plug-ins.ts";
import { secretPath } from "../../config/secrets.ts";
import { deviceAt } from "../../wiring/devices.ts";
import { PLUG_INS } from "../../wiring/plug-ins.ts";

/** A file of the kiosk, by the name that it has in a backup whatever its path is. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

const KINDS = filesIn(PLUG_INS).map(({ kind }) => kind);
const REGISTER = new RegExp(`^(?:${KINDS.join("|")})-([a-z0-9-]{1,64})[.]register$`);
/** What a payment service keeps of a position. */
const KEPT = /^[a-z0-9-]{1,64}[.]json$/;
const CREDENTIAL = "credential:";

/** The files in which dispensers keep what they have counted, and what is disputed, of positions that are gone too. */
export function registersOf({ config }: Loaded): readonly Place[] {
  const folder = dirname(config.journal.path);
  const isOurs = isOfPosition(config);
  const beside = listed(folder, REGISTER)
    .filter(isOurs)
    .map((file) => ({ name: `registers/${file}`, path: join(folder, file) }));
  return [...beside, ...configuredRegisters(config).filter(({ path }) => existsSync(path))];
}

/** Where a register of a backup belongs; null when the configuration has no such position. */
export function registerPlace({ config }: Loaded, name: string): string | null {
  const file = name.slice("registers/".length);
  if (REGISTER.test(file)) return isOfPosition(config)(file) ? join(dirname(config.journal.path), file) : null;
  return configuredRegisters(config).find((each) => each.name === name)?.path ?? null;
}

/** Files of another kiosk may stand in the same folder. */
function isOfPosition({ positions, retired }: Loaded["config"]): (file: string) => boolean {
  const names = new Set([...positions.flatMap(({ id, formerly }) => [id, ...formerly]), ...retired]);
  return (file) => names.has(file.replace(REGISTER, "$1").replace(/[.]json$/, ""));
}

function configuredRegisters({ positions }: Loaded["config"]): readonly Place[] {
  return positions.flatMap((position) => {
    const { register } = deviceAt(position);
    return register === null ? [] : [{ name: `registers/configured-${position.id}.register`, path: resolve(register) }];
  });
}

export function certificatesOf(loaded: Loaded): readonly Place[] {
  return loaded.files
    .filter(({ isSecret }) => !isSecret)
    .map(({ key, file }) => ({ name: `certificates/${key}`, path: resolve(dirname(loaded.file), file) }));
}

/** Files with secrets, and what is left out because systemd has it. */
export function secretsOf(loaded: Loaded): { readonly places: readonly Place[]; readonly credentials: string[] } {
  const all = secretsNamed(loaded);
  const places = all
    .filter(({ file }) => !file.startsWith(CREDENTIAL))
    .map(({ key, file }) => ({ name: key, path: secretPath(loaded.file, file) }));
  const beside = dirname(loaded.config.journal.path);
  const kept = keptIn(PLUG_INS).flatMap(({ folder }) =>
    listed(join(beside, folder), KEPT)
      .filter(isOfPosition(loaded.config))
      .map((file) => ({ name: `${folder}/${file}`, path: join(beside, folder, file) })),
  );
  return {
    places: [...places, ...kept],
    credentials: [...new Set(all.map(({ file }) => file).filter((file) => file.startsWith(CREDENTIAL)))],
  };
}

/** Where a secret of a backup belongs; null when the configuration has no such key. */
export function secretPlace(loaded: Loaded, name: string): string | null {
  const kept = keptIn(PLUG_INS).find(({ folder }) => name.startsWith(`${folder}/`));
  if (kept !== undefined) {
    const file = name.slice(kept.folder.length + 1);
    const isOurs = KEPT.test(file) && isOfPosition(loaded.config)(file);
    return isOurs ? join(dirname(loaded.config.journal.path), kept.folder, file) : null;
  }
  const found = secretsNamed(loaded).find(({ key }) => key === name);
  // The file itself, and not the copy that systemd has passed of it.
  return found === undefined || found.file.startsWith(CREDENTIAL) ? null : resolve(dirname(loaded.file), found.file);
}

export function certificatePlace(loaded: Loaded, name: string): string | null {
  return certificatesOf(loaded).find((each) => each.name === name)?.path ?? null;
}

function secretsNamed({ files }: Loaded): readonly NamedFile[] {
  return files.filter(({ isSecret }) => isSecret);
}

function listed(folder: string, pattern: RegExp): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => pattern.test(file))
        .sort()
    : [];
}
