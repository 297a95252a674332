import { branchesFor, isOptional, schemaAt, shapeOf } from "../../config/expectation.ts";
import { written } from "../../config/keys.ts";
import { isWithin } from "../../config/load.ts";
import { type Found, type Path, pathText, sentence, shown } from "../../config/problem.ts";
import { configSchemaOf, servicesIn } from "../../config/schema.ts";
import { CliError } from "../../platform/console/failure.ts";
import { PLUG_INS } from "../../wiring/plug-ins.ts";
import type { Asking, Question } from "./ask.ts";
import type { Draft } from "./draft.ts";
import { freeSecretName } from "./places.ts";
import {
  descriptionOf,
  expectedText,
  hasSecret,
  isOneAnswer,
  isSecret,
  type Schema,
  valueFrom,
} from "./schema-text.ts";

interface Manner {
  readonly usual?: string | null;
  readonly about?: string;
  /** Taken in place of the schema's reading of what was typed; a message where it is nothing of the kind. */
  readonly read?: (text: string) => { readonly value: unknown } | { readonly wrong: string };
  readonly expected?: string;
}

/** So often what does not go together is asked for anew before it is given up. */
const MOST_DEMANDS = 50;

/** Asks for the places of a draft, each until all checks take it. */
export class Interview {
  readonly draft: Draft;
  readonly asking: Asking;

  constructor(draft: Draft, asking: Asking) {
    this.draft = draft;
    this.asking = asking;
  }

  schemaAt(path: Path): Schema | null {
    const schema = configSchemaOf(PLUG_INS, servicesIn(this.draft.value));
    const top = path[0];
    return schemaAt(schema, top === undefined ? {} : { ...this.draft.value, [top]: this.draft.at([top]) }, path);
  }

  /** One of several, or another thing that the schema alone does not know; asked until `take` finds nothing wrong. */
  async choose(
    question: Pick<Question, "key" | "about" | "expected" | "usual">,
    take: (given: string) => string | null,
  ) {
    const whole: Question = { ...question, isSecret: false, mayBeLeftOut: false };
    for (;;) {
      const given = await this.asking.ask(whole);
      const wrong = take(given === undefined ? "" : String(given));
      if (wrong === null) return;
      this.asking.refuse(whole, wrong);
    }
  }

  async agree(key: string, about: string, usual: boolean): Promise<boolean> {
    let answer = usual;
    const expected = "yes or no";
    await this.choose({ key, about, expected, usual: usual ? "yes" : "no" }, (given) => {
      if (!/^(y|yes|true|n|no|false)$/i.test(given)) return sentence({ found: shown(given), expected });
      answer = /^(y|yes|true)$/i.test(given);
      return null;
    });
    return answer;
  }

  /** Asks for what must be there and is not yet; of what may be left out only secrets. */
  async askKeys(path: Path, manners: Readonly<Record<string, Manner>> = {}, given: unknown = undefined): Promise<void> {
    const here = this.draft.at(path);
    const isThere = typeof here === "object" && here !== null;
    const shape = shapeOf(branchAt(this.known(path), isThere ? { ...here } : {})) ?? {};
    const there = typeof given === "object" && given !== null ? Object.keys(given) : [];
    for (const [key, schema] of Object.entries(shape)) {
      const at = [...path, key];
      const isPair = key === "keyFile" && "certFile" in shape;
      if (there.includes(key) || isPair) continue;
      if (isOptional(schema)) {
        if (isSecret(schema) || key in manners) await this.askOne(at, manners[key]);
        else if (shapeOf(schema) !== null && hasSecret(schema)) await this.#askWhetherAtAll(at, schema);
      } else if (isOneAnswer(schema)) await this.askOne(at, manners[key]);
      else await this.askKeys(at, manners);
    }
  }

  async #askWhetherAtAll(at: Path, schema: Schema): Promise<void> {
    if (!(await this.agree(pathText(at), descriptionOf(schema), false))) return;
    this.draft.standIn(at, schema);
    await this.askKeys(at);
    this.draft.finish(at);
  }

  async askOne(path: Path, { usual = null, about, read, expected }: Manner = {}): Promise<void> {
    const schema = this.known(path);
    const question: Question = {
      key: pathText(path),
      about: about ?? descriptionOf(schema),
      expected:
        expected ?? (isSecret(schema) ? "the secret itself; it goes into a file of its own" : expectedText(schema)),
      ...{ usual, isSecret: isSecret(schema), mayBeLeftOut: isOptional(schema) && usual === null },
    };
    this.#standIn(path, schema);
    for (;;) {
      const answer = await this.asking.ask(question);
      const wrong =
        answer === undefined && question.mayBeLeftOut
          ? this.#wrongWithout(path, schema)
          : this.#wrongWith(path, schema, answer, read);
      if (wrong === null) return;
      this.asking.refuse(question, wrong);
    }
  }

  #standIn(path: Path, schema: Schema): void {
    if (isSecret(schema) || !isOptional(schema)) this.draft.standIn(path, schema);
  }

  #wrongWithout(path: Path, schema: Schema): string | null {
    const before = this.draft.problems();
    this.draft.drop(path);
    const [first] = newIn(this.draft.problems(), before);
    if (first === undefined) return null;
    this.#standIn(path, schema);
    return told(first, path);
  }

  #wrongWith(path: Path, schema: Schema, answer: unknown, read: Manner["read"]): string | null {
    const before = this.draft.problems();
    if (isSecret(schema)) {
      const position = path[0] === "positions" ? this.draft.at(["positions", path[1] ?? 0, "id"]) : null;
      const name = freeSecretName(this.draft, path, position === null ? null : String(position));
      this.draft.putSecret(path, name, answer === undefined ? "" : String(answer));
    } else {
      const made = typeof answer === "string" && read !== undefined ? read(answer) : null;
      if (made !== null && "wrong" in made) return made.wrong;
      const value = made?.value ?? (typeof answer === "string" ? valueFrom(schema, answer) : answer);
      this.draft.put(path, value);
    }
    const after = this.draft.problems();
    const fresh = new Set(newIn(after, before));
    const wrong = after.find(
      (each) => isWithin(each.path, path) || (fresh.has(each) && this.draft.isAnswered(each.path)),
    );
    if (wrong === undefined) return null;
    this.draft.drop(path);
    this.#standIn(path, schema);
    return told(wrong, path);
  }

  /** Asks for what the checks still want within a place: keys that are not there, and what does not go together. */
  async settle(within: Path): Promise<Found | null> {
    this.draft.finish(within);
    for (let round = 0; round < MOST_DEMANDS; round += 1) {
      const wanted = this.draft.problems().find(({ path }) => isWithin(path, within));
      if (wanted === undefined) return null;
      const schema = this.schemaAt(wanted.path);
      if (schema === null) return wanted;
      if (isOneAnswer(schema)) {
        this.asking.say(`${pathText(wanted.path)}: ${wanted.message}.`);
        await this.askOne(wanted.path, {
          about: `${descriptionOf(schema)} It is asked for because: ${wanted.message}.`,
        });
      } else if (shapeOf(schema) !== null && this.draft.at(wanted.path) === undefined) {
        this.draft.standIn(wanted.path, schema);
        await this.askKeys(wanted.path);
        this.draft.finish(wanted.path);
      } else return wanted;
    }
    throw new CliError("These answers do not come to an end. Nothing was written.");
  }

  known(path: Path): Schema {
    const schema = this.schemaAt(path);
    if (schema === null) throw new Error(`the configuration has no place ${pathText(path)}`);
    return schema;
  }
}

/** The kind of several by the key that chooses it. */
export function branchAt(schema: Schema, value: Readonly<Record<string, unknown>>): Schema {
  const union = written(schema);
  return union._zod.def.type === "union" ? (branchesFor(union as never, value)[0] ?? schema) : schema;
}

function newIn(found: readonly Found[], before: readonly Found[]): readonly Found[] {
  const known = new Set(before.map(({ path, message }) => `${pathText(path)}: ${message}`));
  return found.filter(({ path, message }) => !known.has(`${pathText(path)}: ${message}`));
}

/** The check's own sentence; with the place where it is another one than was asked for. */
export function told({ path, message }: Found, asked: Path): string {
  return isWithin(asked, path) && asked.length === path.length ? message : `${pathText(path)}: ${message}`;
}
