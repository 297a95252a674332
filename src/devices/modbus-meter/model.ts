import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { ExplainedError } from "../../core/explained-error.ts";
import { MOST_REGISTERS, READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS } from "./codec.ts";
import { isFloat, TYPES, WORD_ORDERS, wordsOf } from "./registers.ts";
import { stepTooCoarse } from "./texts.ts";

/** One file a model; its name is what `meter` is in the configuration. */
const MODELS = join(import.meta.dirname, "models");
const ENDING = ".yaml";

/** A whole step of this may be charged, or given away: more is no selling by a meter. */
export const REFUSED_STEP_WH = 1_000;

const place = {
  function: z.union([z.literal(READ_HOLDING_REGISTERS), z.literal(READ_INPUT_REGISTERS)]),
  /** As it stands in the question: counted from 0, without 30001 or 40001. */
  address: z.int().min(0).max(0xffff),
  type: z.enum(TYPES),
  wordOrder: z.enum(WORD_ORDERS).default("high-first"),
  /** How many registers are asked for, from the address on; without it, as many as the type takes. */
  registers: z.int().min(1).max(MOST_REGISTERS).optional(),
  noValue: z.array(z.string().regex(/^([\da-f]{4})+$/, "expected registers in lower hexadecimal")).optional(),
};
/** One of the register is ten to the power of so much, in Wh or W: 3 where it counts kWh or kW. */
const figure = z.strictObject({ ...place, scale: z.int().min(-6).max(6) });

/** What a meter of this model says where, from the documents of those who read it. */
const modelSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z\d][a-z\d-]*$/, "expected small letters, digits and dashes"),
    maker: z.string().min(1),
    /** What stands on the meters. */
    title: z.string().min(1),
    /** Whether two sources that do not copy each other agree on every figure. */
    confirmed: z.boolean(),
    sources: z.array(z.url({ protocol: /^https$/ })).min(1),
    energy: figure,
    export: figure.optional(),
    power: figure.optional(),
    serial: z.strictObject(place).optional(),
    stepWh: z.int().min(1),
    lagMs: z.int().min(100).max(120_000),
    maxRegisters: z.int().min(1).max(MOST_REGISTERS).default(MOST_REGISTERS),
    pauseMs: z.int().min(0).max(1_000).default(0),
    note: z.string().optional(),
  })
  .superRefine((model, context) => {
    for (const { path, message } of [...lengthProblems(model), ...stepProblems(model), ...sourceProblems(model)])
      context.addIssue({ code: "custom", path: [...path], message });
  });

export type Model = z.output<typeof modelSchema>;
type Told = Omit<z.output<typeof figure>, "scale"> & { readonly scale?: number };
interface Wrong {
  readonly path: readonly string[];
  readonly message: string;
}

/** Whether both come in one answer. */
export function isWithin(outer: Told, inner: Told): boolean {
  const offset = inner.address - outer.address;
  return inner.function === outer.function && offset >= 0 && offset + wordsOf(inner.type) <= countOf(outer);
}

export function countOf({ registers, type }: Told): number {
  return registers ?? wordsOf(type);
}

/** Each figure that is asked for by itself needs a length of its own: an answer says nothing else of what it is. */
function lengthProblems(model: Model): Wrong[] {
  const { energy, maxRegisters } = model;
  const told = (["energy", "export", "power", "serial"] as const).flatMap((key) => {
    const each = model[key];
    return each === undefined ? [] : [{ key, ...each }];
  });
  const wrong: Wrong[] = told.flatMap((each) => {
    const count = countOf(each);
    const words = wordsOf(each.type);
    const lastAddress = each.address + count - 1;
    const broken = (each.noValue ?? []).filter((pattern) => pattern.length !== 4 * words);
    return [
      ...(count < words ? [`expected at least ${words} registers for a ${each.type}`] : []),
      ...(count > maxRegisters ? [`expected at most ${maxRegisters} registers, as maxRegisters says`] : []),
      ...(lastAddress > 0xffff ? ["expected no register beyond the last"] : []),
      ...broken.map((pattern) => `found noValue ${pattern}, expected ${4 * words} digits for a ${each.type}`),
    ].map((message) => ({ path: [each.key], message }));
  });
  const asked = told.filter((each) => each.key !== "export" || !isWithin(energy, each));
  for (const [index, one] of asked.entries()) {
    // Energy imported and exported are never asked for one after the other.
    const others = asked.slice(0, index).filter(({ key }) => !(key === "energy" && one.key === "export"));
    const like = others.find((other) => other.function === one.function && countOf(other) === countOf(one));
    if (like === undefined) continue;
    const message = `has answers of ${countOf(one)} registers as ${like.key} has, so that one may be taken for the other: ask for more registers of one`;
    wrong.push({ path: [one.key], message });
  }
  return wrong;
}

function stepProblems({ energy, stepWh }: Model): Wrong[] {
  if (stepWh >= REFUSED_STEP_WH) return [{ path: ["stepWh"], message: stepTooCoarse(`${stepWh}`) }];
  if (isFloat(energy.type) || stepWh >= 10 ** energy.scale) return [];
  return [{ path: ["stepWh"], message: `expected at least what one of the register is, ${10 ** energy.scale}` }];
}

function sourceProblems({ confirmed, sources }: Model): Wrong[] {
  const isEnough = !confirmed || new Set(sources).size > 1;
  return isEnough ? [] : [{ path: ["sources"], message: "expected two sources for a model that is confirmed" }];
}

let names: readonly string[] | null = null;

/** What is there, by the names of the files alone. */
export function modelNames(): readonly string[] {
  names ??= readdirSync(MODELS)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  return names;
}

/** @throws ExplainedError when there is none of this name, or its file says what cannot be */
export function readModel(name: string): Model {
  if (!modelNames().includes(name))
    throw new ExplainedError(`no meter model ${name}: expected ${modelNames().join(", ")}`);
  return parseModel(name, readFileSync(join(MODELS, `${name}${ENDING}`), "utf8"));
}

/** Loaded with the first model, for no command but `run` and its like reads one. */
const yaml = (): typeof import("yaml") => createRequire(import.meta.url)("yaml");

/** @throws ExplainedError with all that is wrong */
export function parseModel(name: string, text: string): Model {
  const document = yaml().parseDocument(text);
  const faults = [...document.errors, ...document.warnings].map(({ message }) => message);
  const parsed = modelSchema.safeParse(faults.length > 0 ? {} : document.toJS());
  const said = parsed.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const wrong = faults.length > 0 ? faults : said;
  if (parsed.success && parsed.data.name !== name) wrong.push(`name: found ${parsed.data.name}, expected ${name}`);
  if (!parsed.success || wrong.length > 0) {
    throw new ExplainedError(`models/${name}${ENDING} cannot be used:\n${wrong.map((each) => `  ${each}`).join("\n")}`);
  }
  return parsed.data;
}
