import { z } from "zod";
import { about, address, duration, secretFile } from "../../config/fields.ts";
import { isOwnName } from "../../core/loopback.ts";
import type { CommandKit, PaymentSite } from "../../ports/payment-plug-in.ts";

const HOME = "https://api.stripe.com";

/** A page cannot end in less than 30 minutes of the service's clock; the rest is for calls that are late, and for clocks. */
export const PAGE_LIFE_MS = 33 * 60_000;
/** The address of its page, which the code holds, is about as long. */
export const PAGE_ADDRESS_CHARS = 400;
/** The service takes no shorter one, from its own time on. */
export const PAGE_LEAST_MS = 30 * 60_000;

/** `payment.stripe`. */
export const section = z
  .strictObject({
    account: z
      .string()
      .regex(/^acct_[A-Za-z0-9]{5,40}$/, "expected the account's id, which begins with acct_")
      .meta({
        form: "`acct_` and letters and digits",
        ...about(
          "Your account's id, as the dashboard shows it. A sale of another account is not asked about but handed to a person.",
          "acct_1Abc23Def45Ghi67",
        ),
      }),
    apiKeyFile: secretFile.meta(
      about(
        "A restricted key of that account (rk_live_…, rk_test_… for tests) that may write Checkout Sessions, PaymentIntents and Refunds and read Charges.",
        "secrets/stripe",
      ),
    ),
    thanksUrl: address(/^https$/).meta(
      about(
        "A page of yours that the customer's phone opens after the card was taken, such as one that says thank you. The kiosk learns nothing from it.",
        "https://www.example.com/thanks",
      ),
    ),
    requestTimeout: duration("1s", "60s")
      .prefault("20s")
      .meta(about("How long one answer of the service is waited for.", "20s")),
    pollInterval: duration("3s", "15s")
      .prefault("4s")
      .meta(
        about(
          "How often the service is asked whether a customer has paid. Stripe rations such questions by the number of payments, so ask no more than you need.",
          "5s",
        ),
      ),
    offerTimeout: duration("45s", "6m")
      .prefault("3m")
      .meta(about("How long a code waits to be scanned and paid; then the offer is taken back.", "3m")),
    commitTimeout: duration("5m", "6d")
      .prefault("1h")
      .meta(
        about(
          "How long the customer's money may be held for one sale. A delivery ends before, so make it longer than your longest one, with time to settle through an outage. Banks hold for 7 days at most.",
          "12h",
        ),
      ),
    endpoint: address(/^https?$/)
      .refine(isFixed, { message: `expected ${HOME}, or for tests an address on this machine` })
      .prefault(HOME)
      .meta(about("Leave it out. For tests with the simulator: its address on this machine.", "http://127.0.0.1:8082")),
  })
  .meta({ description: "Stripe: whose account is paid, and how long is waited for what." });

/** A position has nothing of its own: all sell on one account. */
export const position = {};

export type StripeSection = z.output<typeof section>;
export type StripePosition = z.output<z.ZodObject<typeof position>>;
export type StripeSite = PaymentSite<StripeSection, StripePosition>;
export type StripeKit = CommandKit<StripeSection, StripePosition>;

/** Where the key of the account is sent: never anywhere else. */
function isFixed(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { origin, hostname, pathname, username, search } = new URL(text);
  const isBare = pathname === "/" && username === "" && search === "";
  return isBare && (origin === HOME || isOwnName(hostname));
}

/** What a key says of itself; null for what is none that a program may use. */
export function kindOf(key: string): { readonly livemode: boolean; readonly isRestricted: boolean } | null {
  const match = /^(rk|sk)_(test|live)_[A-Za-z0-9_]{8,240}$/.exec(key);
  return match === null ? null : { livemode: match[2] === "live", isRestricted: match[1] === "rk" };
}
