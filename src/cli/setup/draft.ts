import { basename, dirname, join } from "node:path";
import { isOptional, shapeOf } from "../../config/expectation.ts";
import { aboutOf, written } from "../../config/keys.ts";
import { filesBeside, isWithin, problemsOfDraft } from "../../config/load.ts";
import { type Found, type Path, pathText } from "../../config/problem.ts";
import { withProfiles } from "../../config/profile.ts";
import { secretIn } from "../../config/secrets.ts";
import type { SecretFiles } from "../../ports/configured.ts";
import { PLUG_INS } from "../../wiring/plug-ins.ts";
import type { Schema } from "./schema-text.ts";

type Container = Record<string | number, unknown>;

/** Long enough for every check: what stands in the place of a secret that is asked for later. */
const SECRET_TO_COME = "0123456789abcdef";

/**
 * A configuration on the way. What was not asked for yet stands in by the schema's own examples, so that each answer is
 * checked by everything that checks a whole configuration.
 */
export class Draft {
  readonly file: string;
  readonly #value: Container = {};
  readonly #standing = new Map<string, Path>();
  readonly #answered = new Map<string, Path>();
  readonly #secrets = new Map<string, string>();

  constructor(file: string) {
    this.file = file;
  }

  get value(): Readonly<Record<string, unknown>> {
    return this.#value;
  }

  /** By its name in the configuration, such as `secrets/display-token`. */
  get secrets(): ReadonlyMap<string, string> {
    return this.#secrets;
  }

  /** As the checks see it: with what the assembly says. */
  at(path: Path): unknown {
    let here: unknown = withProfiles(structuredClone(this.#value), PLUG_INS).value;
    for (const key of path) here = isContainer(here) ? here[key] : undefined;
    return here;
  }

  /** As it is written, without what the assembly says. */
  own(path: Path): unknown {
    let here: unknown = this.#value;
    for (const key of path) here = isContainer(here) ? here[key] : undefined;
    return here;
  }

  /** Something of every key that must be there, until it is asked for. */
  standIn(path: Path, schema: Schema): void {
    this.#write(path, exampleOf(schema));
    this.#standing.set(pathText(path), path);
  }

  put(path: Path, value: unknown): void {
    this.#write(path, value);
    this.#standing.delete(pathText(path));
    this.#answered.set(pathText(path), path);
  }

  /** What was left out on purpose. */
  drop(path: Path): void {
    const holder = this.#holderOf(path.slice(0, -1));
    const [last = ""] = path.slice(-1);
    if (Array.isArray(holder)) holder.splice(Number(last));
    else delete holder[last];
    const isBelow = ([, each]: [string, Path]): boolean => isWithin(each, path);
    for (const [name] of [...this.#standing].filter(isBelow)) this.#standing.delete(name);
    for (const [name] of [...this.#answered].filter(isBelow)) this.#answered.delete(name);
  }

  putSecret(path: Path, name: string, secret: string): void {
    this.#secrets.set(name, secret);
    this.put(path, name);
  }

  /** Keys right below a place that are asked for later. */
  standingIn(path: Path): readonly string[] {
    const below = [...this.#standing.values()].filter(
      (each) => each.length === path.length + 1 && isWithin(each, path),
    );
    return below.map((each) => String(each.at(-1)));
  }

  /** Nothing below it is asked for later. */
  finish(path: Path): void {
    for (const [name, each] of [...this.#standing]) if (isWithin(each, path)) this.#standing.delete(name);
  }

  /** Whether an answer gave it, alone or as an entry of a list. */
  isAnswered(path: Path): boolean {
    const isEntry = typeof path.at(-1) === "number";
    return this.#answered.has(pathText(path)) || (isEntry && this.#answered.has(pathText(path.slice(0, -1))));
  }

  isStanding(path: Path): boolean {
    return [...this.#standing.values()].some((each) => isWithin(path, each) && !this.#isNearerAnswered(path, each));
  }

  /** All that is wrong now, without what is about places that are asked for later. */
  problems(): readonly Found[] {
    const found = problemsOfDraft(this.file, structuredClone(this.#value), this.files(), PLUG_INS);
    return found.filter(({ path }) => !this.isStanding(path));
  }

  /** Reads secrets as the daemon would, those that were typed as if their files were there. */
  files(): SecretFiles {
    const { secretPath, readSecret } = filesBeside(this.file);
    return {
      secretPath,
      readSecret: (path) => {
        const name = join(basename(dirname(path)), basename(path));
        const typed = dirname(dirname(path)) === dirname(this.file) ? this.#secrets.get(name) : undefined;
        if (typed !== undefined) return secretIn(Buffer.from(typed), path);
        return basename(path) === basename(NAME_TO_COME) ? SECRET_TO_COME : readSecret(path);
      },
    };
  }

  /** A part of what stands in may have been asked for already. */
  #isNearerAnswered(path: Path, standing: Path): boolean {
    return [...this.#answered.values()].some((each) => each.length > standing.length && isWithin(path, each));
  }

  #write(path: Path, value: unknown): void {
    const [last = ""] = path.slice(-1);
    (this.#holderOf(path.slice(0, -1)) as Container)[last] = value;
  }

  /** A list of the assembly is replaced whole, so one entry takes all others along. */
  #holderOf(path: Path): Container {
    let here: Container = this.#value;
    for (const [index, key] of path.entries()) {
      const next = path[index + 1];
      const said = typeof next === "number" ? this.at(path.slice(0, index + 1)) : undefined;
      here[key] ??= Array.isArray(said) ? structuredClone(said) : typeof next === "number" ? [] : {};
      here = here[key] as Container;
    }
    return here;
  }
}

const NAME_TO_COME = "secrets/asked-for-later";

/** A value that the schema takes: its own example, or its required keys with theirs. */
function exampleOf(schema: Schema): unknown {
  const { examples, secret } = aboutOf(schema);
  if (secret === true) return NAME_TO_COME;
  const shape = shapeOf(schema);
  if (shape !== null) {
    const needed = Object.entries(shape).filter(([, inner]) => !isOptional(inner));
    return Object.fromEntries(needed.map(([key, inner]) => [key, exampleOf(inner)]));
  }
  if (Array.isArray(examples) && examples.length > 0) return structuredClone(examples[0]);
  const { def } = written(schema)._zod;
  return def.type === "array" ? [exampleOf(def.element)] : undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}
