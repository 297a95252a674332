/** `kioskd <name> <command>`. */
export interface CommandGroup<Kit> {
  readonly name: string;
  readonly what: string;
  readonly commands: readonly Command<Kit>[];
}

export interface Command<Kit> {
  readonly name: string;
  readonly what: string;
  /** The one that must stand behind the name. */
  readonly argument?: { readonly form: string; readonly what: string };
  readonly options: readonly CommandOption[];
  /** `options` has the value of each that was given or has a usual one, by its long name in camel case. */
  run(kit: Kit, options: unknown, argument: string): Promise<void>;
}

export interface CommandOption {
  /** `-p, --position <id>`. */
  readonly form: string;
  readonly what: string;
  readonly isRequired?: boolean;
  readonly usual?: string;
}
