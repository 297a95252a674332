import type { Loaded } from "../config/load.ts";
import { createSeqrBooks } from "../payments/seqr/books.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { seqrSettings } from "../wiring/seqr-settings.ts";
import { logFor } from "./run.ts";

export type Books = Awaited<ReturnType<typeof createSeqrBooks>>;

/** The payment service's books for as long as a command needs them. */
export async function withBooks<T>(loaded: Loaded, work: (books: Books) => Promise<T>): Promise<T> {
  const books = await createSeqrBooks(seqrSettings(loaded), systemClock(), logFor(loaded, "error"));
  try {
    return await work(books);
  } finally {
    books.close();
  }
}
