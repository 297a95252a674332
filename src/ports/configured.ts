/** The way to a value in a configuration: keys, and numbers of a list's entries. */
export type Path = readonly (string | number)[];

/** What is wrong with a configuration, before it is known where in the file it stands. */
export interface Found {
  readonly path: Path;
  readonly message: string;
  /** The other place, where two do not go together. */
  readonly other?: Path;
  /** The key that was meant by a misspelt one, which is therefore not missing. */
  readonly meant?: Path;
}
