import type { PaymentDeps, PaymentService } from "../../ports/payment-plug-in.ts";
import { Api } from "./api.ts";
import { StripeRefunds } from "./books.ts";
import { kindOf, type StripeSite } from "./config.ts";
import { StripeProvider } from "./provider.ts";

/** Rejects when the key is none of Stripe's. */
export async function open(site: StripeSite, { clock, log, observe }: PaymentDeps): Promise<PaymentService> {
  const { account, endpoint, thanksUrl, requestTimeout, pollInterval } = site.section;
  const key = site.secrets.at(["payment", "stripe", "apiKeyFile"]) ?? "";
  const kind = kindOf(key);
  if (kind === null) throw new Error("payment.stripe.apiKeyFile holds no key of Stripe's");
  if (!kind.isRestricted) {
    log.warn(
      { key: "payment.stripe.apiKeyFile" },
      "the key of Stripe may do everything in the account: put a restricted one (rk_…) in its place",
    );
  }
  const api = new Api({ endpoint, key, timeoutMs: requestTimeout, clock, log, observe });
  const settings = { pollIntervalMs: pollInterval, livemode: kind.livemode, thanksUrl };
  const provider = new StripeProvider(settings, api, clock, log);
  return {
    provider,
    // The rest is free with the capture; receipts go by mail; and there are no periods.
    books: { refunds: new StripeRefunds(api), remainders: null, receipts: null, periods: null },
    booksClosedBecause: "Stripe's books have no periods: compare in its dashboard",
    // The same for every position; a test's sale is none of real money.
    accountOf: () => `${account} ${kind.livemode ? "live" : "test"}`,
    takeOffers: null,
    close: () => provider.close(),
  };
}
