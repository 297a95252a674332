import { dirname, resolve } from "node:path";
import { crossChecks } from "./checks.ts";
import { readDocument } from "./document.ts";
import { problemsOf } from "./messages.ts";
import { type Named, namedFiles, passwordsIn } from "./named-files.ts";
import { placeChecks } from "./places.ts";
import type { PlugIns } from "./plug-ins.ts";
import { ConfigError, type Found, type Path, type Problem, pathText, sentence } from "./problem.ts";
import { withProfiles } from "./profile.ts";
import { type Config, configSchemaOf } from "./schema.ts";
import { readRegisteredTerminal, readSecret, secretPath, type Terminal } from "./secrets.ts";
import { readText } from "./text-file.ts";

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

export interface Loaded extends Named {
  readonly secrets: Secrets;
}

export type Purpose = "serve" | "register" | "read";

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

/**
 * Reads and checks a configuration with all the secrets it names. Nothing is touched.
 * @param purpose `serve` needs every secret, `register` none of the terminals', `read` none at all
 * @throws ConfigError with every problem found
 */
export function readConfig(file: string, purpose: Purpose, plugIns: PlugIns): Loaded {
  const document = readDocument(readText(file));
  if (document.kind === "problems") throw new ConfigError(file, document.problems);
  const { lineOf, sourceOf } = document;
  const { value, found: ofProfiles } = withProfiles(document.value, plugIns);
  const schema = configSchemaOf(plugIns);
  const parsed = schema.safeParse(value);
  const found = [...ofProfiles];
  if (!parsed.success) {
    const isTold = ({ path }: Found): boolean => ofProfiles.some((each) => isWithin(path, each.path.slice(0, 3)));
    const issues = parsed.error.issues.flatMap((issue) => problemsOf(issue, { schema, value, sourceOf }));
    found.push(...lastOfEach(issues).filter((each) => !isTold(each)));
  }
  if (!parsed.success || found.length > 0) throw new ConfigError(file, placed(found, lineOf));
  const config = withAbsolutePaths(file, parsed.data);
  const files = namedFiles(config, schema);
  found.push(...crossChecks(config, plugIns), ...placeChecks({ file, config, files }, plugIns));
  const secrets =
    purpose === "read"
      ? { ...NO_SECRETS, all: passwordsIn(config) }
      : readSecrets({ file, config, files }, purpose, found);
  if (found.length > 0) throw new ConfigError(file, placed(found, lineOf));
  return { file, config, files, secrets };
}

/** Of two checks of one value that both fail the second knows more; a key that is there, misspelt, is not missing too. */
function lastOfEach(found: readonly Found[]): readonly Found[] {
  const last = new Map(found.map((each) => [pathText(each.path), each]));
  for (const { meant } of found) if (meant !== undefined) last.delete(pathText(meant));
  return [...last.values()];
}

function isWithin(path: Path, around: Path): boolean {
  return around.every((key, index) => path[index] === key);
}

/** In the file's order, each with its line. */
function placed(found: readonly Found[], lineOf: (path: Path) => number | null): readonly Problem[] {
  return found
    .map(({ path, message, other }) => {
      const line = lineOf(path);
      if (other === undefined) return { path, line, message };
      const otherLine = lineOf(other);
      const where = otherLine === null ? "" : `line ${otherLine}, `;
      return { path, line, message: `${message} (the other: ${where}${pathText(other)})` };
    })
    .sort((one, next) => (one.line ?? 0) - (next.line ?? 0));
}

/** Relative paths are meant from the configuration's own folder, wherever the daemon is started. */
function withAbsolutePaths(file: string, config: Config): Config {
  const absolute = (path: string): string => resolve(dirname(file), path);
  const { display } = config;
  const slides = display.driver === "web" && display.slides !== undefined ? { slides: absolute(display.slides) } : {};
  const { path, mark } = config.journal;
  const asFile = (name: string): string => `${absolute(name)}${name.endsWith("/") ? "/" : ""}`;
  const journal = { ...config.journal, path: asFile(path), ...(mark === undefined ? {} : { mark: asFile(mark) }) };
  return { ...config, journal, display: { ...display, ...slides } };
}

function readSecrets({ file, config, files }: Named, purpose: Purpose, found: Found[]): Secrets {
  const values = new Map<string, string>();
  for (const { path, file: name } of files.filter(({ isSecret }) => isSecret)) {
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
      const message = sentence({
        found: "no terminal",
        expected: "id and passwordFile",
        example: "terminal: { id: shop-1, passwordFile: secrets/terminal-1 }",
        hint: `or run "kioskd terminal register --position ${position.id}"`,
      });
      found.push({ path, message });
    }
  }
  return {
    resellerPassword: valueAt("payment.seqr.reseller.passwordFile"),
    terminals,
    mqttPassword: valueAt("mqtt.passwordFile"),
    mqttKey: valueAt("mqtt.keyFile"),
    displayToken: tokenOf(valueAt("display.tokenFile"), found),
    unattendedSecret: unattendedOf(valueAt("payment.seqr.unattended.secretFile"), found),
    unattendedKey: valueAt("payment.seqr.unattended.keyFile"),
    all: [...values.values(), ...registered, ...passwordsIn(config)],
  };
}

const SHORTEST_TOKEN = 12;

/** Whoever has the token may press the buttons: it must not be one that is soon guessed. */
function tokenOf(token: string | null, found: Found[]): string | null {
  if (token === null || token.length >= SHORTEST_TOKEN) return token;
  const message = sentence({
    found: `a token of ${token.length} ${token.length === 1 ? "character" : "characters"}`,
    expected: `at least ${SHORTEST_TOKEN}`,
    example: "what `openssl rand -hex 16` prints",
  });
  found.push({ path: ["display", "tokenFile"], message });
  return null;
}

/** It becomes part of an address, in which it stands as it is. */
function unattendedOf(secret: string | null, found: Found[]): string | null {
  if (secret === null || /^[A-Za-z0-9._~-]{16,200}$/.test(secret)) return secret;
  const message = sentence({
    found: `a secret of ${secret.length} characters`,
    expected: "16 to 200 of A-Z, a-z, 0-9 and . _ ~ -",
    example: "what `openssl rand -hex 16` prints",
  });
  found.push({ path: ["payment", "seqr", "unattended", "secretFile"], message });
  return null;
}

function attempt<T>(found: Found[], path: Path, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    found.push({ path, message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
