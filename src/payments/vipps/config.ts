import { z } from "zod";
import { about, address, duration, secretFile } from "../../config/fields.ts";
import { sentence, shown } from "../../config/problem.ts";
import { staysPrivate } from "../../core/loopback.ts";
import type { Found } from "../../ports/configured.ts";
import type { CommandKit, PaymentPart, PaymentSite } from "../../ports/payment-plug-in.ts";
import { rulesFor } from "./wire.ts";

/** `payment.vipps`. */
export const section = z
  .strictObject({
    environment: z
      .enum(["test", "production"])
      .meta(about("Whose money it is: test takes none, production real money. Each has keys of its own.", "test")),
    endpoint: address(/^https?$/)
      .refine((text) => !URL.canParse(text) || staysPrivate(new URL(text)), {
        message: "expected https: plain http would send keys readable to anyone, and is taken on loopback only",
      })
      .optional()
      .meta(
        about(
          "Another address than the environment's own, for a simulator. Leave it out to reach the service.",
          "http://127.0.0.1:8082",
        ),
      ),
    merchantSerialNumber: z
      .string()
      .regex(/^\d{4,10}$/, "expected 4 to 10 digits in quotes")
      .meta({
        form: "4 to 10 digits in quotes",
        ...about("The number of the sales unit, from the portal.", "123456"),
      }),
    clientId: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, "expected it as the portal shows it")
      .meta({
        form: "text without blanks",
        ...about("The client id of the sales unit's keys.", "fb492b5e-7907-4d83-ba20-c7fb60ca35de"),
      }),
    clientSecretFile: secretFile.meta(about("The client secret of the same keys.", "secrets/vipps-client-secret")),
    subscriptionKeyFile: secretFile.meta(
      about("The subscription key, the primary or the secondary one.", "secrets/vipps-subscription-key"),
    ),
    partialCapture: z
      .boolean()
      .optional()
      .meta(
        about(
          "Whether the sales unit may take a part of what a customer confirmed. In Norway it may. In Denmark and Finland Vipps MobilePay switches it on when asked; write true once it has.",
          true,
        ),
      ),
    requestTimeout: duration("1s", "60s")
      .prefault("10s")
      .meta(about("How long one answer of the service is waited for. Longer on a slow mobile line.", "20s")),
    commitTimeout: duration("1m", "6d")
      .prefault("1d")
      .meta(
        about(
          "How long the kiosk relies on a customer's money being held for one sale. The service holds it longer; some cards promise no more than 7 days. A delivery ends before.",
          "12h",
        ),
      ),
    offerTimeout: duration("45s", "9m")
      .prefault("2m")
      .meta(
        about(
          "How long a code waits to be scanned; then the offer is taken back. The service ends it after 10m.",
          "3m",
        ),
      ),
  })
  .meta({ description: "Vipps MobilePay: the sales unit that sells here, and how long is waited for what." });

/** A position needs nothing of its own: all sell on the same sales unit. */
export const position = {};

export type VippsSection = z.output<typeof section>;
type VippsPosition = Readonly<Record<never, never>>;
export type VippsPart = PaymentPart<VippsSection, VippsPosition>;
export type VippsSite = PaymentSite<VippsSection, VippsPosition>;
export type VippsKit = CommandKit<VippsSection, VippsPosition>;

/** What does not go together in what the configuration says of Vipps MobilePay. */
export function problems({ kiosk, isRetired, section: { partialCapture } }: VippsPart): Found[] {
  const { currency } = kiosk;
  // What is to be taken yet was confirmed when the unit sold.
  if (isRetired || rulesFor(currency) === null || (partialCapture ?? currency === "NOK")) return [];
  const message = sentence({
    found: partialCapture === undefined ? "nothing" : shown(partialCapture),
    expected: "true",
    hint: "a customer confirms a maximum and pays for what was taken: ask Vipps MobilePay to switch partial capture on for this sales unit (Denmark and Finland: it is off until then), and write true when they have",
  });
  return [{ path: ["payment", "vipps", "partialCapture"], message }];
}
