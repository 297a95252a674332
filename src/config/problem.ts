/** One thing that is wrong with a configuration: where, and what was expected. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly line: number | null;
  readonly message: string;
}

const MOST_TOLD = 100;

/** The configuration cannot be used. The message lists the problems with path and line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const told = problems.slice(0, MOST_TOLD).map((problem) => describe(file, problem));
    const left = problems.length - told.length;
    super([...told, ...(left > 0 ? [`${file}: and ${left} problems more`] : [])].join("\n"));
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
