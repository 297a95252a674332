import { sentence } from "../../config/problem.ts";
import type { Found, Path } from "../../ports/configured.ts";
import { kindOf, type StripePart } from "./config.ts";
import { rulesOf } from "./money.ts";

/** What does not go together in what the configuration says of Stripe. */
export function problems({ kiosk, schedule }: StripePart): Found[] {
  const found: Found[] = [];
  if (rulesOf(kiosk.currency) === null) {
    const expected = "a currency that Stripe takes";
    found.push({ path: ["kiosk", "currency"], message: sentence({ found: kiosk.currency, expected, example: "EUR" }) });
  }
  if (schedule.reconcile !== undefined) {
    const hint = "Stripe has no periods that could be compared; its dashboard has the sums of each day";
    const message = sentence({ found: "a schedule", expected: "none with Stripe", hint });
    found.push({ path: ["schedule", "reconcile"], message });
  }
  return found;
}

export function secretProblem(at: Path, secret: string): string | null {
  if (at.join(".") !== "payment.stripe.apiKeyFile" || kindOf(secret) !== null) return null;
  const isPublishable = /^pk_/.test(secret);
  return sentence({
    found: isPublishable ? "a publishable key, which may do nothing here" : `a text of ${secret.length} characters`,
    expected: "a restricted key, rk_live_… or rk_test_… with letters and digits",
    hint: "make one in the dashboard, under Developers, API keys",
  });
}
