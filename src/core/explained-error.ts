/** An error whose message is all that its reader needs: what was found, and what to do. Its stack is not printed. */
export class ExplainedError extends Error {
  override readonly name: string = "ExplainedError";
}
