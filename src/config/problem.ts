/** One thing that is wrong with a configuration: where, and what was expected. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly line: number | null;
  readonly message: string;
}

/** The configuration cannot be used. The message lists every problem with its path and line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map((problem) => describe(file, problem)).join("\n"));
    this.file = file;
    this.problems = problems;
  }
}

function describe(file: string, { path, line, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}`;
  return path.length === 0 ? `${place}: ${message}` : `${place}: ${pathText(path)}: ${message}`;
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}
