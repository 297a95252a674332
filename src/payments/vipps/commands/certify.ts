import type { CertifyOptions } from "../../../ports/certify-command.ts";
import type { VippsKit } from "../config.ts";
import { open } from "../open.ts";
import { CODE_CHARS } from "../wire.ts";

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

const REAL_MONEY =
  "payment.vipps.environment is production: a walk takes money. Take the keys of the test environment.";

/** Walks what the vendor's list asks of the interface; the rest of it stands in the report for a person. */
export async function certify(options: CertifyOptions, kit: VippsKit): Promise<void> {
  const site = kit.load(options.config, "serve");
  const { environment, endpoint, requestTimeout: timeoutMs } = site.section;
  await kit.certify({
    ...{ site, options, list: LIST, byHand: BY_HAND, longestCodeChars: CODE_CHARS },
    realMoney: environment === "test" ? null : REAL_MONEY,
    open: (_site, deps) => open(site, deps),
    phone: { endpoint, path: "/phone/api/confirm", body: (reference) => ({ reference }), timeoutMs },
  });
}
