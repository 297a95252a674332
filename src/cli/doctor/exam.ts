/** What was looked at, and how it is. */
export interface Exam {
  readonly subject: string;
  /**
   * `good`, `look` (it sells, and somebody should look), `bad` (it does not sell, or will not for long), or `unknown`:
   * nobody can tell it from here.
   */
  readonly verdict: "good" | "look" | "bad" | "unknown";
  readonly says: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
}

export function good(subject: string, says: string): Exam {
  return { subject, verdict: "good", says, advice: null };
}

export function found(verdict: "look" | "bad" | "unknown", subject: string, says: string, advice: string): Exam {
  return { subject, verdict, says, advice };
}
