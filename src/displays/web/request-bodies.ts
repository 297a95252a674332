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

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Reads a body by its schema; the reason names the field and what was expected there. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, reason: result.error.issues.map((issue) => describe(issue, body)).join("; ") };
}

function describe(issue: z.core.$ZodIssue, body: unknown): string {
  if (issue.code === "unrecognized_keys") return `${issue.keys.join(", ")}: unknown key`;
  if (issue.path.length === 0) return "body: expected a JSON object";
  const field = issue.path.join(".");
  const missing = !(typeof body === "object" && body !== null && field in body);
  return missing ? `${field}: missing, ${issue.message}` : `${field}: ${issue.message}`;
}
