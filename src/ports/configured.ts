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

export interface Secrets {
  /** Of a key that the schema marks as one; null where the configuration has no such key, or none was read. */
  at(path: Path): string | null;
  /** Every value that was read, and passwords in addresses: for what hides them. */
  readonly all: readonly string[];
}

/** How the loader reads files with secrets: what a plug-in reads itself must be as safe. */
export interface SecretFiles {
  /** Where a `…File` key points: beside the configuration, or among what systemd has passed. */
  secretPath(name: string): string;
  /** Throws what an operator can act on: a file that others can read, an empty one. */
  readSecret(path: string): string;
}
