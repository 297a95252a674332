import { isOwnName } from "../../../core/loopback.ts";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import type { CertifyOptions } from "../../../ports/certify-command.ts";
import { kindOf, PAGE_ADDRESS_CHARS, type StripeKit, type StripeSection } from "../config.ts";
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

/** Walks what the vendor's list asks of the interface; the rest of it stands in the report for a person. */
export async function certify(options: CertifyOptions, kit: StripeKit): Promise<void> {
  const site = kit.load(options.config, "serve");
  const kind = kindOf(site.secrets.at(["payment", "stripe", "apiKeyFile"]) ?? "");
  if (kind?.livemode !== false) {
    throw new CliError(
      "payment.stripe.apiKeyFile holds a key of real money: a walk takes it. Take a key for tests (rk_test_…).",
    );
  }
  if (options.auto === true && !isOwnName(new URL(site.section.endpoint).hostname)) {
    throw new UsageError("--auto: only the simulator has a phone that pays, and its endpoint is on this machine");
  }
  await kit.certify({
    ...{ site, list: LIST, byHand: BY_HAND, longestCodeChars: PAGE_ADDRESS_CHARS },
    open: (_site, deps) => open(site, deps),
    confirm: options.auto === true ? (offer) => payOnPhone(site.section, offer.reference) : null,
    report: options.report ?? null,
    json: options.json === true,
  });
}

async function payOnPhone({ endpoint, requestTimeout }: StripeSection, session: string): Promise<void> {
  const answer = await fetch(new URL("/phone/api/pay", endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ session, card: CARD }),
    signal: AbortSignal.timeout(requestTimeout),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new CliError(`the simulator's phone answered ${answer.status}`);
}
