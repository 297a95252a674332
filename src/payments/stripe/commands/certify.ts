import type { CertifyOptions } from "../../../ports/certify-command.ts";
import { kindOf, PAGE_ADDRESS_CHARS, type StripeKit } from "../config.ts";
import { open } from "../open.ts";

const LIST = "the go-live checklist, https://docs.stripe.com/get-started/checklist/go-live";
const CARD = "4242424242424242";

const BY_HAND = [
  "A declined card (4000 0000 0000 0002): the page asks for another one, the code stays, the display says so.",
  "A card whose bank asks (4000 0027 6000 3184): answered with yes the delivery begins, with no it does not.",
  "The page opens from the code on an iPhone and on an Android phone, in the languages of your customers.",
  "Wallets (Apple Pay, Google Pay) are switched on in the dashboard, and shown on the page.",
  "The key of real money is a restricted one with these rights and no others; nobody else has it; old ones are rolled.",
  "Name, statement descriptor, support address and receipts by mail are set in the dashboard.",
  "Whether your goods may be sold unattended with this account: ask Stripe before a fuel pump is connected.",
  "Put the key of real money into the file, sell for a little more than the least charge, and give it back.",
  "Compare with the dashboard: what was taken, the refund of the rest that nobody made, and the refund that you made.",
];

const REAL_MONEY =
  "payment.stripe.apiKeyFile holds a key of real money: a walk takes it. Take a key for tests (rk_test_…).";

/** Walks what the vendor's list asks of the interface; the rest of it stands in the report for a person. */
export async function certify(options: CertifyOptions, kit: StripeKit): Promise<void> {
  const site = kit.load(options.config, "serve");
  const kind = kindOf(site.secrets.at(["payment", "stripe", "apiKeyFile"]) ?? "");
  const { endpoint, requestTimeout: timeoutMs } = site.section;
  const body = (session: string) => ({ session, card: CARD });
  await kit.certify({
    ...{ site, options, list: LIST, byHand: BY_HAND, longestCodeChars: PAGE_ADDRESS_CHARS },
    realMoney: kind?.livemode === false ? null : REAL_MONEY,
    open: (_site, deps) => open(site, deps),
    phone: { endpoint, path: "/phone/api/pay", body, timeoutMs },
  });
}
