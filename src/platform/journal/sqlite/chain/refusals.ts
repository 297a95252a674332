import { JournalError, JournalGoneError, NOT_STARTED, steps } from "../errors.ts";
import type { Distrust } from "./trust.ts";

const COMPARE =
  "Compare the last sales with the payment service's list: what is missing may be sales, refunds, an operator's block, or a reservation that is still open.";
const RESTORE = "Or put the newest backup in its place: `kioskd restore FILE` says what that one lacks.";
const ACCEPT =
  "Go on with what is there, on purpose: `kioskd journal accept`. It writes down who and why, leaves a gap in the numbers of what is missing, and hands open reservations to a person.";

/** What to say of a journal that cannot be trusted: what was found, and steps that lose nothing more. */
export function distrusted(path: string, markPath: string, found: Distrust): JournalError {
  const keep = `Keep a copy of ${path}, ${path}-wal and ${markPath}.`;
  const say = (what: string, ...all: readonly string[]): JournalError =>
    new JournalError(steps(what, NOT_STARTED, [keep, ...all, RESTORE, COMPARE, ACCEPT]));
  switch (found.kind) {
    case "behind":
      return say(
        `The journal ${path} lost its end, or an older copy was put in its place. Its mark ${markPath} had come further: ${found.missing.join("; ")}.`,
        "Look for the newer file, and put it in place with its -wal file.",
      );
    case "other-history":
      return say(
        `The journal ${path} was edited, or went on from an older copy: its ${found.stream} number ${found.seq} is not the one that its mark ${markPath} knows.`,
        "Look for the file that the kiosk used last, and put it in place with its -wal file.",
      );
    case "other-journal":
      return say(
        `The journal ${path} is not the one that the mark ${markPath} belongs to.`,
        "Check journal.path and journal.mark: one of them belongs to another kiosk, or to a journal of before.",
      );
    case "newer":
      return say(
        `The mark ${markPath} of the journal ${path} tells of "${found.stream}", which this version does not know: a newer kioskd wrote it.`,
        "Install that version again.",
      );
    case "no-mark":
      return say(
        `The journal ${path} has no mark at ${markPath}, which says how far it had come.`,
        "Check journal.mark, and that its disk is mounted. When it was moved in the configuration, move the file too.",
      );
    case "unreadable-mark":
      return say(`The mark ${markPath} of the journal ${path} is damaged: it does not say how far that had come.`);
  }
}

/** @param sales how many records the mark says that it held; null when the mark cannot be read */
export function gone(path: string, markPath: string, sales: number | null): JournalGoneError {
  const held =
    sales === null ? "cannot be read any more" : `says that it held ${sales} ${sales === 1 ? "sale" : "sales"}`;
  return new JournalGoneError(
    steps(
      `The journal ${path} is gone. Its mark ${markPath} ${held}.`,
      "kioskd sells nothing on a new one, because the old one may have held reservations that are still open. What to do:",
      [
        "Check journal.path, and that its disk is mounted. Put the file back, with its -wal file, and start kioskd again.",
        RESTORE,
        COMPARE,
        "Begin a new journal, on purpose: `kioskd journal accept`. It writes down who and why; the numbers of sales go on where the mark ends.",
      ],
    ),
  );
}
