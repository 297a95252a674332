import { dirname, resolve } from "node:path";
import type { SecretFiles, Secrets } from "../ports/configured.ts";
import { crossChecks } from "./checks.ts";
import { readDocument } from "./document.ts";
import { problemsOf } from "./messages.ts";
import { type Named, namedFiles, passwordsIn } from "./named-files.ts";
import { foundAt, ownPath, paymentsOf } from "./payment.ts";
import { paymentWarnings } from "./payment-checks.ts";
import { placeChecks } from "./places.ts";
import type { PlugIns } from "./plug-ins.ts";
import { ConfigError, type Found, type Path, type Problem, pathText, sentence } from "./problem.ts";
import { withProfiles } from "./profile.ts";
import { type Config, configSchemaOf, servicesIn } from "./schema.ts";
import { readSecret, secretPath } from "./secrets.ts";
import { readText } from "./text-file.ts";

export interface Loaded extends Named {
  readonly secrets: Secrets;
  /** What can be as it is, and is hardly meant. */
  readonly warnings: readonly Found[];
}

export type Purpose = "serve" | "register" | "read";

/**
 * Reads and checks a configuration with all the secrets it names. Nothing is touched.
 * @param purpose `serve` needs every secret, `register` none of the terminals', `read` none at all
 * @throws ConfigError with every problem found
 */
export function readConfig(file: string, purpose: Purpose, plugIns: PlugIns): Loaded {
  return checkedConfig(file, { text: readText(file), files: filesBeside(file) }, { purpose, plugIns });
}

/** How the secrets are read that a configuration at this place names. */
export function filesBeside(file: string): SecretFiles {
  return { readSecret, secretPath: (name) => secretPath(file, name) };
}

/** The same of a text that is to stand in the file. */
export function checkedConfig(
  file: string,
  { text, files }: { readonly text: string; readonly files: SecretFiles },
  { purpose, plugIns }: { readonly purpose: Purpose; readonly plugIns: PlugIns },
): Loaded {
  const document = readDocument(text);
  if (document.kind === "problems") throw new ConfigError(file, document.problems);
  const { found, loaded } = examined({ file, files, ...document }, purpose, plugIns);
  if (loaded === null) throw new ConfigError(file, placed(found, document.lineOf));
  return loaded;
}

/** All that is wrong with a configuration that is still being made, as the daemon would find it at its start. */
export function problemsOfDraft(file: string, value: unknown, files: SecretFiles, plugIns: PlugIns): readonly Found[] {
  return examined({ file, files, value, sourceOf: () => null }, "serve", plugIns).found;
}

interface Given {
  readonly file: string;
  readonly value: unknown;
  readonly files: SecretFiles;
  sourceOf(path: Path): string | null;
}

/** What is read is there only when nothing was found. */
function examined(
  { file, value: given, files: reading, sourceOf }: Given,
  purpose: Purpose,
  plugIns: PlugIns,
): { readonly found: readonly Found[]; readonly loaded: Loaded | null } {
  const { value, found: ofProfiles } = withProfiles(given, plugIns);
  const schema = configSchemaOf(plugIns, servicesIn(value));
  const parsed = schema.safeParse(value);
  const found = [...ofProfiles];
  if (!parsed.success) {
    const isTold = ({ path }: Found): boolean => ofProfiles.some((each) => isWithin(path, each.path.slice(0, 3)));
    const issues = parsed.error.issues.flatMap((issue) => problemsOf(issue, { schema, value, sourceOf }));
    found.push(...lastOfEach(issues).filter((each) => !isTold(each)));
  }
  if (!parsed.success || found.length > 0) return { found, loaded: null };
  const config = withAbsolutePaths(file, parsed.data);
  const files = namedFiles(config, schema);
  const named = { file, config, files };
  found.push(...crossChecks(config, plugIns), ...placeChecks(named, plugIns));
  const secrets =
    purpose === "read"
      ? { at: () => null, all: passwordsIn(config) }
      : readSecrets(named, reading, { purpose, plugIns }, found);
  if (found.length > 0) return { found, loaded: null };
  return { found, loaded: { file, config, files, secrets, warnings: paymentWarnings(config, plugIns) } };
}

/** Of two checks of one value that both fail the second knows more; a key that is there, misspelt, is not missing too. */
function lastOfEach(found: readonly Found[]): readonly Found[] {
  const last = new Map(found.map((each) => [pathText(each.path), each]));
  for (const { meant } of found) if (meant !== undefined) last.delete(pathText(meant));
  return [...last.values()];
}

/** Whether a way leads to a place, or further. */
export function isWithin(path: Path, around: Path): boolean {
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

function readSecrets(
  { config, files }: Named,
  reading: SecretFiles,
  { purpose, plugIns }: { readonly purpose: Purpose; readonly plugIns: PlugIns },
  found: Found[],
): Secrets {
  const values = new Map<Path, string>();
  for (const { path, file: name } of files.filter(({ isSecret }) => isSecret)) {
    const value = attempt(found, path, () => reading.readSecret(reading.secretPath(name)));
    if (value !== null) values.set(path, value);
  }
  const services = paymentsOf(plugIns, config);
  const ofServices = (path: Path, value: string): string | null =>
    services.map((each) => each.plugIn.secretProblem(ownPath(each, path), value)).find((text) => text !== null) ?? null;
  for (const [path, value] of values) {
    const message = tokenProblem(path, value) ?? ofServices(path, value);
    if (message !== null) found.push({ path, message });
  }
  const kept = services.map((each) => {
    const { found: wrong, secrets } = each.plugIn.kept(each.part, purpose === "serve" && !each.part.isRetired, reading);
    found.push(...foundAt(each, wrong));
    return secrets;
  });
  const texts = new Map([...values].map(([path, value]) => [pathText(path), value]));
  return {
    at: (path) => texts.get(pathText(path)) ?? null,
    all: [...values.values(), ...kept.flat(), ...passwordsIn(config)],
  };
}

const SHORTEST_TOKEN = 12;

/** Whoever has the token may press the buttons: it must not be one that is soon guessed. */
function tokenProblem(path: Path, token: string): string | null {
  if (pathText(path) !== "display.tokenFile" || token.length >= SHORTEST_TOKEN) return null;
  return sentence({
    found: `a token of ${token.length} ${token.length === 1 ? "character" : "characters"}`,
    expected: `at least ${SHORTEST_TOKEN}`,
    example: "what `openssl rand -hex 16` prints",
  });
}

function attempt<T>(found: Found[], path: Path, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    found.push({ path, message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
