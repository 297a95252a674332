/** What somebody did on the operator's page that no other record tells of. */
export interface Act {
  readonly atMs: number;
  readonly by: string;
  readonly act: "signed-in" | "signed-out" | "password-set" | "stopped" | "reconcile-ordered" | "refund-settled";
  /** Null for what is about no position. */
  readonly position: string | null;
  readonly detail: string;
}

/** The key under which a journal keeps them all. */
export const ACTS_KEY = "operator";
