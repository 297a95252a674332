import { systemClock } from "../adapters/clock/system/clock.ts";
import { createSeqrBooks } from "../adapters/payment/seqr/books.ts";
import type { Loaded } from "../config/load.ts";
import { logFor } from "./run.ts";
import { seqrSettings } from "./seqr-settings.ts";

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
