import { z } from "zod";
import { DECIMAL_TEXT } from "../../core/money.ts";

const AMOUNT = 'expected an amount as text, such as "300.00"';
const PRICE = 'expected the unit price that was on the screen as text, such as "19.89"';

/** The bodies that the display's buttons send. */
export const selectBody = z.strictObject({
  reserve: z.string({ error: AMOUNT }).regex(DECIMAL_TEXT, { error: AMOUNT }),
  unitPrice: z.string({ error: PRICE }).regex(DECIMAL_TEXT, { error: PRICE }).optional(),
});
/** Chosen by each page at its start, so that its heartbeats are known to be of the same page as its events. */
export const pageName = z.object({ page: z.string().regex(/^[a-z0-9]{8,32}$/) });
export const emptyBody = z.strictObject({}).optional();
