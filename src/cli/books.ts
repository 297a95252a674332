import type { Loaded } from "../config/load.ts";
import type { ConfiguredPayment } from "../config/payment.ts";
import { systemClock } from "../platform/clock/clock.ts";
import type { PaymentBooks } from "../ports/books.ts";
import { openPayment } from "../wiring/payment.ts";
import { logFor } from "./run.ts";

/** A payment service's books for as long as a command needs them. */
export async function withBooks<T>(
  loaded: Loaded,
  service: ConfiguredPayment,
  work: (books: PaymentBooks) => Promise<T>,
): Promise<T> {
  const payment = await openPayment(loaded, { clock: systemClock(), log: logFor(loaded, "error") }, service);
  try {
    return await work(payment.books);
  } finally {
    await payment.close();
  }
}
