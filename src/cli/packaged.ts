import { CliError } from "../platform/console/failure.ts";

/**
 * `update` and `rollback` are programs of the Debian package, which take the words before Node starts: they work for a
 * version that does not start.
 * @throws CliError always
 */
export function onlyPackaged(word: "update" | "rollback"): never {
  throw new CliError(
    `kioskd ${word} is for an installation by the Debian package, and this one was made in another way: ${word === "update" ? "update" : "go back"} as it was installed (docs/install.md).`,
  );
}
