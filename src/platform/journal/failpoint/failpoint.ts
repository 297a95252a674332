import type { Journal } from "../../../ports/journal.ts";

/** What the append has begun is under way by then. */
const FAILS_AFTER_MS = 3_000;

/**
 * A journal whose process is killed right before or right after its nth append, as by a power cut; or meets an error
 * after it that nobody catches.
 * For tests of the whole daemon; `spec` is `before:N`, `after:N`, `throw:N` or `reject:N`, counted from 1.
 * @throws Error on any other spec
 */
export function withFailpoint(journal: Journal, spec: string): Journal {
  const match = /^(before|after|throw|reject):([1-9]\d{0,5})$/.exec(spec);
  if (match === null) throw new Error(`expected before:N, after:N, throw:N or reject:N, not "${spec}"`);
  const [, moment] = match;
  const fatal = Number(match[2]);
  let appends = 0;
  return {
    ...journal,
    append: async (position, event, record) => {
      appends++;
      if (appends === fatal && moment === "before") die();
      await journal.append(position, event, record);
      if (appends !== fatal) return;
      if (moment === "after") die();
      if (moment === "throw") setTimeout(failOnPurpose, FAILS_AFTER_MS);
      if (moment === "reject") setTimeout(async () => failOnPurpose(), FAILS_AFTER_MS);
    },
  };
}

function failOnPurpose(): never {
  throw new Error("a failpoint was reached");
}

function die(): void {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way; nothing more may happen until it arrives.
  for (;;);
}
