/** However long a service asks for; until then it may well have recovered. */
const MOST_MS = 5 * 60_000;
const SECONDS = /^\d+$/;
/** The date of RFC 9110 in its one form that is still written. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long an answer asks to wait: seconds or a date (RFC 9110). A date is held against the answer's own, so
 * that a kiosk whose clock is wrong waits no longer. Null where it asks for nothing that can be read.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined, wallMs: number): number | null {
  const asked = header?.trim() ?? "";
  if (SECONDS.test(asked)) return Math.min(Number(asked) * 1_000, MOST_MS);
  if (!DATE.test(asked)) return null;
  const serviceMs = Date.parse(date ?? "");
  const waitMs = Date.parse(asked) - (Number.isFinite(serviceMs) ? serviceMs : wallMs);
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MOST_MS) : null;
}
