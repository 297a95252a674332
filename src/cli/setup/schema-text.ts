import { z } from "zod";
import { expectationOf, shapeOf, valuesOf } from "../../config/expectation.ts";
import { aboutOf, partsOf, written } from "../../config/keys.ts";
import type { Path } from "../../config/problem.ts";

export type Schema = z.core.$ZodType;

/** What a key is for, in the words that documents have too. */
export function descriptionOf(schema: Schema): string {
  const { description } = aboutOf(schema);
  return typeof description === "string" ? description : "";
}

/** "one of L or kg", "a decimal in quotes, such as 19.89": what a person may type here. */
export function expectedText(schema: Schema): string {
  const { what, example } = expectationOf(schema);
  const typed = what.replaceAll(" in quotes", "");
  const plain = example?.replaceAll(/["[\]]/g, "");
  return plain === undefined || plain === "" || plain === typed ? typed : `${typed}, such as ${plain}`;
}

export function isSecret(schema: Schema): boolean {
  return aboutOf(schema)["secret"] === true;
}

export function hasSecret(schema: Schema): boolean {
  return partsOf(schema).some(({ about }) => about["secret"] === true);
}

/** Whether one answer gives all of it: no keys of its own, and no list of such. */
export function isOneAnswer(schema: Schema): boolean {
  const bare = written(schema);
  if (bare instanceof z.ZodUnion) return valuesOf(bare).length > 0;
  if (bare instanceof z.ZodArray) return isOneAnswer(bare.element);
  return shapeOf(bare) === null && !(bare instanceof z.ZodRecord);
}

/** What was typed, as the kind of value that the schema takes; as it stands where it takes none of it. */
export function valueFrom(schema: Schema, text: string): unknown {
  const bare = written(schema);
  if (bare instanceof z.ZodArray) {
    const parts = text.split(/[,;\s]+/).filter((part) => part !== "");
    return parts.map((part) => valueFrom(bare.element, part.replaceAll(/^["']|["']$/g, "")));
  }
  if (bare instanceof z.ZodBoolean)
    return /^(y|yes|true)$/i.test(text) ? true : /^(n|no|false)$/i.test(text) ? false : text;
  const isNumber = bare instanceof z.ZodNumber || valuesOf(bare).some((each) => typeof each === "number");
  return isNumber && /^-?\d{1,15}([.]\d{1,6})?$/.test(text) ? Number(text) : text;
}

/** The file of a secret, by the keys that lead to it and the position's own name. */
export function secretName(path: Path, position: string | null): string {
  const keys = path.filter((key) => typeof key === "string" && key !== "payment" && key !== "positions");
  const words = keys.join("-").replace(/File$/, "");
  const name = words.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `secrets/${position === null ? name : `${name}-${position}`}`;
}
