import { sentence } from "../../config/problem.ts";
import type { Path } from "../../ports/configured.ts";
import { kindOf } from "./config.ts";

export function secretProblem(at: Path, secret: string): string | null {
  if (at.join(".") !== "payment.stripe.apiKeyFile" || kindOf(secret) !== null) return null;
  const isPublishable = /^pk_/.test(secret);
  return sentence({
    found: isPublishable ? "a publishable key, which may do nothing here" : `a text of ${secret.length} characters`,
    expected: "a restricted key, rk_live_… or rk_test_… with letters and digits",
    hint: "make one in the dashboard, under Developers, API keys",
  });
}
