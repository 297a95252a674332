/** The names of the files that stand beside a journal. Two journals in one folder share none of them. */

/** The mark that says from outside how far the journal has come, where the configuration names no other. */
export function markNameOf(journal: string): string {
  return named(journal, ".mark", "-mark");
}

/** The key that signs extracts. */
export function extractKeyNameOf(journal: string): string {
  return named(journal, ".extract-key", "-extract-key");
}

/** The archive of the sales that closed in a year of four digits. */
export function archiveNameOf(journal: string, year: string | number): string {
  return named(journal, `-${year}.db`, `-${year}`);
}

/** The year of an archive, by its name; null when the name is none of an archive of this journal. */
export function archiveYearOf(journal: string, name: string): string | null {
  const year = /-(\d{4})(?:[.]db)?$/.exec(name)?.[1];
  return year !== undefined && archiveNameOf(journal, year) === name ? year : null;
}

/** Whether a file of this name belongs to the journal and is not its mark. */
export function isOfJournal(journal: string, name: string): boolean {
  const endings = ["", "-wal", "-shm", "-journal", ".lock", ".lock-journal", ".refund-lock", ".refund-lock-journal"];
  return (
    [...endings, ".new", ".new-journal"].some((ending) => name === journal + ending) ||
    ["", ".new"].some((ending) => name === extractKeyNameOf(journal) + ending) ||
    archiveYearOf(journal, name) !== null
  );
}

/** `NAME.db` lends its NAME; any other name gets an ending that no name of a `NAME.db` gets. */
function named(journal: string, ofDatabase: string, ofOther: string): string {
  return journal.endsWith(".db") ? journal.slice(0, -".db".length) + ofDatabase : journal + ofOther;
}
