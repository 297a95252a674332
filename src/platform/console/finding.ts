/** Something of this machine that does not fit the configuration. */
export interface Finding {
  /** The way to the key in the configuration. */
  readonly at: readonly (string | number)[];
  readonly message: string;
  /** What cannot be while it is so: the daemon's start, a sale at some position, or nothing yet. */
  readonly keeps: "start" | "sale" | "nothing";
}

/** A finding as a line, as the configuration's own problems are told. */
export function findingText(file: string, { at, message }: Finding): string {
  const way = at.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
  return `${file}: ${way}: ${message}`;
}

/** What a configuration says that can be as it is, and is hardly meant. */
export function warningsIn(loaded: {
  readonly file: string;
  readonly warnings: readonly { readonly path: Finding["at"]; readonly message: string }[];
}): readonly string[] {
  return loaded.warnings.map(({ path: at, message }) => findingText(loaded.file, { at, message, keeps: "nothing" }));
}
