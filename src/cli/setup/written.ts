import { chmodSync, existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Document, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import { shapeOf } from "../../config/expectation.ts";
import type { Path } from "../../config/problem.ts";
import { writeWhole } from "../../platform/files/whole-file.ts";
import type { Draft } from "./draft.ts";
import type { Interview } from "./interview.ts";
import { descriptionOf, isOneAnswer } from "./schema-text.ts";

const WIDTH = 80;
const TITLE =
  "Written by kioskd setup; yours to change. docs/configuration.md has every key. Secrets stand in files of their own in the folder secrets.";

/** The draft as a person reads it: each section with what it is, in the schema's own words. */
export function yamlOf(interview: Interview): string {
  const document = new Document(interview.draft.value);
  const { contents } = document;
  if (!isMap(contents)) throw new Error("a configuration has keys");
  comment(contents as YAMLMap, [], interview);
  document.commentBefore = commentText(TITLE, 0);
  return document.toString({ lineWidth: WIDTH, flowCollectionPadding: false });
}

function comment(map: YAMLMap, path: Path, interview: Interview): void {
  for (const [index, { key, value }] of map.items.entries()) {
    if (!isScalar(key)) continue;
    const at = [...path, String(key.value)];
    const schema = interview.schemaAt(at);
    if (isSeq(value) && value.items.every((each) => isScalar(each))) value.flow = true;
    const isSection = schema !== null && !(isOneAnswer(schema) && shapeOf(schema) === null);
    if (isSection && (isMap(value) || isSeq(value))) {
      (key as Scalar).commentBefore = commentText(sectionText(at, interview), path.length * 2);
      (key as Scalar).spaceBefore = path.length === 0 && index > 0;
    }
    if (path.length > 0) (key as Scalar).spaceBefore = false;
    if (isMap(value)) comment(value as YAMLMap, at, interview);
    if (!isSeq(value)) continue;
    for (const [number, each] of value.items.entries()) {
      if (isMap(each)) comment(each as YAMLMap, [...at, number], interview);
    }
  }
}

function sectionText(path: Path, interview: Interview): string {
  const schema = interview.schemaAt(path);
  const profile = path.at(-1) === "dispenser" ? (interview.draft.own([...path, "profile"]) ?? null) : null;
  if (profile === null) return schema === null ? "" : descriptionOf(schema);
  const said = Object.keys(interview.draft.at(path) as object).filter((key) => key !== "driver");
  return `The assembly hw/${profile} says ${said.join(", ")} in its profile.yaml; a key that is written here counts instead.`;
}

function commentText(text: string, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || indent + 2 + line.length + 1 + word.length > WIDTH) lines.push(` ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join("\n");
}

/** Secrets first, the configuration last: where something fails, all that was written is taken away again. */
export function writeAll(draft: Draft, yaml: string): readonly string[] {
  const folder = resolve(dirname(draft.file), "secrets");
  const written: string[] = [];
  const isNew = draft.secrets.size > 0 && !existsSync(folder);
  const put = (path: string, content: string, mode: number): void => {
    written.push(path);
    writeWhole(path, content, mode);
  };
  try {
    mkdirSync(dirname(draft.file), { recursive: true });
    if (isNew) mkdirSync(folder, { mode: 0o700 });
    if (draft.secrets.size > 0) chmodSync(folder, 0o700);
    for (const [name, secret] of draft.secrets) put(resolve(dirname(draft.file), name), `${secret}\n`, 0o600);
    put(draft.file, yaml, 0o644);
    return written;
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    if (isNew && existsSync(folder)) rmdirSync(folder);
    throw error;
  }
}
