import { CliError } from "../../platform/console/failure.ts";
import type { PaymentDeps, PaymentService } from "../../ports/payment-plug-in.ts";
import { VippsBooks } from "./books.ts";
import { VippsCalls, type VippsSettings } from "./calls.ts";
import type { VippsSite } from "./config.ts";
import { VippsProvider } from "./provider.ts";
import { HOSTS } from "./wire.ts";

/** @throws CliError when the configuration has not all that it needs to sell */
export async function open(site: VippsSite, deps: PaymentDeps): Promise<PaymentService> {
  const { environment, merchantSerialNumber } = site.section;
  const calls = new VippsCalls(settingsOf(site, deps));
  const provider = new VippsProvider(calls);
  return {
    provider,
    books: new VippsBooks(calls),
    booksClosedBecause: "Vipps MobilePay has no books that a kiosk can read",
    // References are unique at a sales unit, so that its positions need none of their own.
    accountOf: () => `${environment}/${merchantSerialNumber}`,
    takeOffers: null,
    close: () => provider.close(),
  };
}

export function settingsOf({ section, secrets }: VippsSite, deps: PaymentDeps): VippsSettings {
  const clientSecret = secrets.at(["payment", "vipps", "clientSecretFile"]);
  const subscriptionKey = secrets.at(["payment", "vipps", "subscriptionKeyFile"]);
  if (clientSecret === null || subscriptionKey === null) {
    throw new CliError("payment.vipps: clientSecretFile and subscriptionKeyFile were not read");
  }
  return {
    ...deps,
    origin: new URL(section.endpoint ?? HOSTS[section.environment]).origin,
    timeoutMs: section.requestTimeout,
    merchantSerialNumber: section.merchantSerialNumber,
    clientId: section.clientId,
    ...{ clientSecret, subscriptionKey },
  };
}
