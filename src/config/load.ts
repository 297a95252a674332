import { closeSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { crossChecks } from "./checks.ts";
import { readDocument } from "./document.ts";
import { namedFiles, passwordsIn } from "./named-files.ts";
import { placeChecks } from "./places.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { withProfiles } from "./profile.ts";
import { type Config, configSchema } from "./schema.ts";
import { readRegisteredTerminal, readSecret, secretPath, type Terminal } from "./secrets.ts";

interface Secrets {
  readonly resellerPassword: string | null;
  readonly terminals: ReadonlyMap<string, Terminal>;
  readonly mqttPassword: string | null;
  /** The private key of the kiosk's certificate, in PEM. */
  readonly mqttKey: string | null;
  readonly displayToken: string | null;
  readonly unattendedSecret: string | null;
  /** PEM. */
  readonly unattendedKey: string | null;
  /** Every value that was read, of every key that the schema marks, and passwords in addresses: for what hides them. */
  readonly all: readonly string[];
}

export interface Loaded {
  readonly file: string;
  readonly config: Config;
  readonly secrets: Secrets;
}

type Purpose = "serve" | "register" | "read";

const NO_SECRETS: Secrets = {
  resellerPassword: null,
  terminals: new Map(),
  mqttPassword: null,
  mqttKey: null,
  displayToken: null,
  unattendedSecret: null,
  unattendedKey: null,
  all: [],
};
/** As many positions as are allowed, each with all that can be said of it, are half of this. */
const LARGEST_CONFIG_BYTES = 256 * 1024;

/**
 * Reads and checks a configuration with all the secrets it names. Nothing is touched.
 * @param purpose `serve` needs every secret, `register` none of the terminals', `read` none at all
 * @throws ConfigError with every problem found
 */
export function loadConfig(file: string, purpose: Purpose = "serve"): Loaded {
  const fail = (found: readonly Problem[]): never => {
    throw new ConfigError(file, found);
  };
  const document = readDocument(read(file));
  if (document.kind === "problems") return fail(document.problems);
  const { lineOf } = document;
  const unknownProfiles: Omit<Problem, "line">[] = [];
  const written = withProfiles(document.value, unknownProfiles);
  if (unknownProfiles.length > 0) fail(unknownProfiles.map((found) => ({ ...found, line: lineOf(found.path) })));
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) {
    return fail(parsed.error.issues.flatMap(problemsOf).map((found) => ({ ...found, line: lineOf(found.path) })));
  }
  const config = withAbsolutePaths(file, parsed.data);
  const found = [...crossChecks(config), ...placeChecks(file, config)];
  const secrets =
    purpose === "read" ? { ...NO_SECRETS, all: passwordsIn(config) } : readSecrets(file, config, purpose, found);
  if (found.length > 0) fail(found.map((each) => ({ ...each, line: lineOf(each.path) })));
  return { file, config, secrets };
}

/** No more is read than is taken, for a path may name what has no end. */
function read(file: string): string {
  const bytes = Buffer.alloc(LARGEST_CONFIG_BYTES + 1);
  let length = 0;
  try {
    const opened = openSync(file, "r");
    try {
      for (let more = 1; more > 0 && length < bytes.length; length += more) {
        more = readSync(opened, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new ConfigError(file, [{ path: [], line: null, message: `cannot be read (${reason})` }]);
  }
  if (length < bytes.length) return bytes.toString("utf8", 0, length);
  throw new ConfigError(file, [{ path: [], line: null, message: `is longer than ${LARGEST_CONFIG_BYTES} bytes` }]);
}

function problemsOf(issue: z.core.$ZodIssue): Omit<Problem, "line">[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: "unknown key: check its spelling or remove it" }));
  }
  if (issue.code === "invalid_type" && issue.input === undefined && issue.message.includes("undefined")) {
    return [{ path, message: `missing: expected ${issue.expected}` }];
  }
  return [{ path, message: issue.message }];
}

/** Relative paths are meant from the configuration's own folder, wherever the daemon is started. */
function withAbsolutePaths(file: string, config: Config): Config {
  const absolute = (path: string): string => resolve(dirname(file), path);
  const { display } = config;
  const slides = display.driver === "web" && display.slides !== undefined ? { slides: absolute(display.slides) } : {};
  const { path, mark } = config.journal;
  const journal = { ...config.journal, path: absolute(path), ...(mark === undefined ? {} : { mark: absolute(mark) }) };
  return { ...config, journal, display: { ...display, ...slides } };
}

function readSecrets(file: string, config: Config, purpose: Purpose, found: Omit<Problem, "line">[]): Secrets {
  const values = new Map<string, string>();
  for (const { path, file: name } of namedFiles(config).filter(({ isSecret }) => isSecret)) {
    const value = attempt(found, path, () => readSecret(secretPath(file, name)));
    if (value !== null) values.set(path.join("."), value);
  }
  const valueAt = (key: string): string | null => values.get(key) ?? null;
  const terminals = new Map<string, Terminal>();
  const registered: string[] = [];
  for (const [index, position] of config.positions.entries()) {
    const { terminal } = position;
    if (terminal !== undefined) {
      const password = valueAt(`positions.${index}.terminal.passwordFile`);
      if (password !== null) terminals.set(position.id, { id: terminal.id, password });
      continue;
    }
    const path = ["positions", index, "terminal"];
    const before = found.length;
    const kept = attempt(found, path, () => readRegisteredTerminal(config.journal.path, position));
    if (kept !== null) registered.push(kept.password);
    if (kept !== null && kept.terminalId !== null) {
      terminals.set(position.id, { id: kept.terminalId, password: kept.password });
    } else if (purpose === "serve" && found.length === before) {
      const message = `missing: give id and passwordFile, or run "kioskd terminal register --position ${position.id}"`;
      found.push({ path, message });
    }
  }
  return {
    resellerPassword: valueAt("payment.seqr.reseller.passwordFile"),
    terminals,
    mqttPassword: valueAt("mqtt.passwordFile"),
    mqttKey: valueAt("mqtt.keyFile"),
    displayToken: valueAt("display.tokenFile"),
    unattendedSecret: valueAt("payment.seqr.unattended.secretFile"),
    unattendedKey: valueAt("payment.seqr.unattended.keyFile"),
    all: [...values.values(), ...registered, ...passwordsIn(config)],
  };
}

function attempt<T>(found: Omit<Problem, "line">[], path: Problem["path"], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    found.push({ path, message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
