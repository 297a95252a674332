import type { Journal } from "../../../ports/journal.ts";

/**
 * A journal whose process is killed right before or right after its nth append, as by a power cut.
 * For tests of the whole daemon; `spec` is `before:N` or `after:N`, counted from 1.
 * @throws Error on any other spec
 */
export function withFailpoint(journal: Journal, spec: string): Journal {
  const match = /^(before|after):([1-9]\d{0,5})$/.exec(spec);
  if (match === null) throw new Error(`expected before:N or after:N, not "${spec}"`);
  const [, moment] = match;
  const fatal = Number(match[2]);
  let appends = 0;
  return {
    ...journal,
    append: async (position, event, record) => {
      appends++;
      if (appends === fatal && moment === "before") die();
      await journal.append(position, event, record);
      if (appends === fatal && moment === "after") die();
    },
  };
}

function die(): void {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way; nothing more may happen until it arrives.
  for (;;);
}
