/** A failure whose message is all that its reader needs. */
export class CliError extends Error {
  override readonly name = "CliError";
}
