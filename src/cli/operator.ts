import { existsSync, readFileSync } from "node:fs";
import type { Loaded } from "../config/load.ts";
import { CODE_MS, OneTimeCode } from "../operator/account/code.ts";
import { ROLES, USER_NAME, Users } from "../operator/account/users.ts";
import { type OperatorFiles, operatorFiles } from "../operator/files.ts";
import { fingerprintOf } from "../platform/certificates/self-signed.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printJson, told, wrapped } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { ownedByKiosk } from "../platform/files/owner.ts";
import { loadConfig } from "../wiring/load.ts";

interface Options {
  readonly config: string;
  readonly user?: string;
  readonly role?: string;
  readonly json?: boolean;
}

/** A one-time code, by which a person sets a password on the operator's page. */
export function code({ config: file, user = "owner", role = "owner", json }: Options): void {
  const loaded = loadConfig(file, "read");
  const { files } = operatorOf(loaded);
  const known = ROLES.find((each) => each === role);
  if (known === undefined) throw new UsageError(`--role: expected ${ROLES.join(", ")}, not "${role}"`);
  if (!USER_NAME.test(user)) throw new UsageError('--user: expected a name such as "anna", in small letters');
  const made = new OneTimeCode(files.code).make({ user, role: known }, Date.now());
  ownedByKiosk(loaded.config.journal.path, [files.code]);
  const url = urlOf(loaded);
  const fingerprint = existsSync(files.cert) ? fingerprintOf(readFileSync(files.cert, "utf8")) : null;
  if (json === true) {
    printJson({ code: made, user, role, minutes: CODE_MS / 60_000, url, fingerprint });
    return;
  }
  print(told`Code: ${made}`);
  print(
    wrapped(
      `For "${user}" (${role}), once, within ${CODE_MS / 60_000} minutes. Open ${url} and choose "I have a one-time code".`,
    ),
  );
  if (fingerprint === null) return;
  print(
    wrapped("The browser warns of a certificate that it does not know. The right one has this SHA-256 fingerprint:"),
  );
  for (const half of [fingerprint.slice(0, 48), fingerprint.slice(48)]) print(told`  ${half}`);
}

export function users(options: Options): void {
  const { files } = operatorOf(loadConfig(options.config, "read"));
  const all = new Users(files.users).all().map(({ name, role }) => ({ name, role }));
  if (options.json === true) printJson(all);
  else if (all.length === 0) print(told`Nobody yet: kioskd operator code`);
  else
    print(
      table(
        ["USER", "ROLE"],
        all.map(({ name, role }) => [name, role]),
      ),
    );
}

/** Whoever is signed in under this name is out at once. */
export function remove(user: string, options: Options): void {
  const loaded = loadConfig(options.config, "read");
  const { files } = operatorOf(loaded);
  if (!new Users(files.users).remove(user))
    throw new CliError(`There is no user "${user}": see "kioskd operator users".`);
  ownedByKiosk(loaded.config.journal.path, [files.users]);
  print(told`${user} is removed.`);
}

function operatorOf({ config, file }: Loaded): { readonly files: OperatorFiles } {
  if (config.operator === undefined) {
    throw new CliError(`${file} has no section "operator": write one (docs/operator.md), and restart the daemon.`);
  }
  return { files: operatorFiles(config.journal.path) };
}

function urlOf({ config: { operator } }: Loaded): string {
  const { listen = "127.0.0.1", port = 0, certFile } = operator ?? {};
  const isLocal = listen === "127.0.0.1" || listen === "::1" || listen === "localhost";
  const scheme = isLocal && certFile === undefined ? "http" : "https";
  const host = listen === "0.0.0.0" || listen === "::" ? "THIS-MACHINE" : listen;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}
