import { isOwnName } from "../../../core/loopback.ts";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import type { CertifyOptions } from "../../../ports/certify-command.ts";
import type { VippsKit, VippsSection } from "../config.ts";
import { open } from "../open.ts";
import { CODE_CHARS, HOSTS } from "../wire.ts";

const LIST = "the go-live checklist, https://developer.vippsmobilepay.com/docs/knowledge-base/checklist/";

const BY_HAND = [
  "Send name and version of this software, and the merchant serial number, with the request to go live.",
  "A customer declines in the app: the display says so, and a new code can be asked for.",
  "Nobody scans the code: it goes after its time, and the app shows nothing open.",
  "The app shows the name of your sales unit, and a description with product and position.",
  "Webhooks: the list asks for them beside polling. The kiosk polls only, because nobody reaches it from outside; say so.",
  "Put the keys of production into the file, with environment: production, and sell for the smallest amount.",
  "Compare with the portal: what was taken, what was given back, and that nothing is reserved.",
  "Denmark and Finland: partial capture is switched on for the sales unit of production too.",
  "A settlement report in the portal holds the sale a few days later.",
];

/** Walks what the vendor's list asks of the interface; the rest of it stands in the report for a person. */
export async function certify(options: CertifyOptions, kit: VippsKit): Promise<void> {
  const site = kit.load(options.config, "serve");
  const { environment, endpoint } = site.section;
  if (environment !== "test") {
    throw new CliError(
      "payment.vipps.environment is production: a walk takes money. Take the keys of the test environment.",
    );
  }
  const isSimulated = endpoint !== undefined && isOwnName(new URL(endpoint).hostname);
  if (options.auto === true && !isSimulated) {
    throw new UsageError("--auto: only the simulator has a phone that confirms, and its endpoint is on this machine");
  }
  await kit.certify({
    ...{ site, list: LIST, byHand: BY_HAND, longestCodeChars: CODE_CHARS },
    open: (_site, deps) => open(site, deps),
    confirm: options.auto === true ? (offer) => confirmOnPhone(site.section, offer.reference) : null,
    report: options.report ?? null,
    json: options.json === true,
  });
}

async function confirmOnPhone(
  { endpoint, environment, requestTimeout }: VippsSection,
  reference: string,
): Promise<void> {
  const answer = await fetch(new URL("/phone/api/confirm", endpoint ?? HOSTS[environment]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reference }),
    signal: AbortSignal.timeout(requestTimeout),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new CliError(`the simulator's phone answered ${answer.status}`);
}
