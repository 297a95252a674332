import { z } from "zod";
import { about, address, duration, file, hostAndPort, secretFile } from "../../config/fields.ts";
import { staysPrivate } from "../../core/loopback.ts";
import type { CommandKit, PaymentPart, PaymentSite } from "../../ports/payment-plug-in.ts";

const receipt = z
  .strictObject({
    mimeType: z
      .string()
      .regex(/^[a-z]+\/[a-z0-9.+-]+$/, "expected a type such as text/plain")
      .default("text/plain")
      .meta({
        form: "MIME type",
        ...about("The type that the service is told. Goes with content.", "text/html"),
      }),
    type: z
      .enum(["PAYMENT_RECEIPT", "WARRANTY", "VOUCHER", "OTHER"])
      .default("PAYMENT_RECEIPT")
      .meta(about("What kind of paper the service files it as.", "PAYMENT_RECEIPT")),
    content: z
      .enum(["text", "html", "empty"])
      .default("text")
      .meta(about("How the receipt is written: plain text, a page, or nothing in it.", "html")),
  })
  .meta({
    description:
      "Attaches a receipt to each payment after it was made; customers find it in their app. Without this section none is sent.",
  });

const unattended = z
  .strictObject({
    listen: hostAndPort.meta(
      about(
        "Where the kiosk waits for the service's calls: on loopback behind a proxy, or open with certFile and keyFile.",
        "127.0.0.1:8090",
      ),
    ),
    merchantId: z
      .string()
      .regex(/^[A-Za-z0-9]{1,40}$/, "expected letters and digits")
      .meta({
        form: "1 to 40 letters and digits",
        ...about("Your number at the service; it becomes part of the printed code.", "4711"),
      }),
    secretFile: secretFile.meta(
      about("The secret part of the address that the service calls, 16 to 200 characters.", "secrets/unattended"),
    ),
    certFile: file
      .optional()
      .meta(
        about("The certificate (PEM) of listen, where no proxy has one. Goes with keyFile.", "certificates/kiosk.pem"),
      ),
    keyFile: secretFile
      .optional()
      .meta(about("The private key (PEM) of certFile. The two stand together.", "secrets/kiosk-key.pem")),
    publicUrl: address(/^https?$/)
      .refine(isSafeEndpoint, { message: "expected https; plain http is taken on loopback only" })
      .optional()
      .meta(
        about(
          "Where the service reaches the kiosk from outside, for notifications. Without it the kiosk asks by itself, which is enough.",
          "https://kiosk.example.com",
        ),
      ),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(600)
      .default(30)
      .meta(about("How many calls a minute are answered; more are refused. Raise it for many positions.", 60)),
  })
  .meta({
    description:
      "Sales that a customer begins by scanning the machine's own printed code. Without this section the kiosk takes no such calls.",
  });

const reseller = z
  .strictObject({
    id: z.string().min(1).meta(about("The merchant's id at the service.", "demo-shop")),
    userId: z.string().min(1).meta(about("The user of the merchant's account.", "9900")),
    passwordFile: secretFile.meta(about("The password of that user.", "secrets/reseller")),
  })
  .meta({
    description:
      "The merchant's own account. Needed to register terminals and to compare the books; without it neither is possible.",
  });

/** `payment.seqr`. */
export const section = z
  .strictObject({
    endpoint: address(/^https?$/)
      .refine(hasNoAccount, { message: "expected an address without an account, for the service knows terminals" })
      .refine(isSafeEndpoint, {
        message: "expected https: plain http would send passwords readable to anyone, and is taken on loopback only",
      })
      .meta(
        about(
          "The service's address, as SEQR gives it to you: one for tests, another one for real money.",
          "https://extdev.seqr.com/soap/merchant/cashregister-2",
        ),
      ),
    requestTimeout: duration("1s", "60s")
      .prefault("10s")
      .meta(about("How long one answer of the service is waited for. Longer on a slow mobile line.", "20s")),
    pollInterval: duration("100ms", "10s")
      .prefault("1s")
      .meta(about("How often the service is asked whether a customer has confirmed. Longer saves mobile data.", "2s")),
    commitTimeout: duration("1m", "7d")
      .prefault("1h")
      .meta(
        about(
          "How long the service holds the customer's money for one sale. A delivery ends before, so make it longer than your longest one, with time to settle through an outage.",
          "12h",
        ),
      ),
    offerTimeout: duration("45s", "1h")
      .prefault("2m")
      .meta(about("How long a code waits to be scanned; then the offer is taken back.", "3m")),
    clientId: z
      .string()
      .min(1)
      .max(80)
      .default("kioskd")
      .meta(about("Who operates the kiosk. SEQR wants your company's name here when it certifies you.", "Example AB")),
    clientReference: z
      .string()
      .regex(/^[A-Za-z0-9._-]{0,16}$/, "expected at most 16 letters, digits, dots, dashes and underscores")
      .default("")
      .meta({
        form: "at most 16 letters, digits, `.`, `_`, `-`",
        ...about(
          "Name and version of the software as SEQR certified it; begins the reference of each bill.",
          "kioskd-1.0",
        ),
      }),
    footer: z
      .string()
      .max(200)
      .default("")
      .meta(about("A line below each bill in the customer's app. Empty: none.", "Thank you, and drive safely")),
    caFile: file
      .optional()
      .meta(
        about(
          "An authority (PEM) of your own that signed the service's certificate, for a test system. Without it the machine's list of authorities counts.",
          "certificates/ca.pem",
        ),
      ),
    receipt: receipt.optional(),
    unattended: unattended.optional(),
    reseller: reseller.optional(),
  })
  .meta({ description: "SEQR: how its service is reached, and how long is waited for what." });

/** What a position has at the service. */
export const position = {
  terminal: z
    .strictObject({
      id: z.string().min(1).max(128).meta(about("The terminal's id, as the payment service gave it.", "demo-terminal")),
      passwordFile: secretFile.meta(about("The terminal's password.", "secrets/terminal-1")),
    })
    .optional()
    .meta({
      description:
        "The position's account at the payment service, one of its own. Leave it out when `kioskd terminal register` has made one.",
    }),
  seqrId: z
    .string()
    .regex(/^[A-Za-z0-9]{1,40}$/, "expected letters and digits")
    .optional()
    .meta({
      form: "1 to 40 letters and digits",
      ...about("The id of the printed code (sticker) of this terminal. Needed with code: sticker.", "4711"),
    }),
  code: z
    .enum(["bill", "sticker"])
    .default("bill")
    .meta(
      about("Which code the display shows: a new one for each bill, or always the one that is printed.", "sticker"),
    ),
};

export type SeqrSection = z.output<typeof section>;
export type SeqrPosition = z.output<z.ZodObject<typeof position>>;
export type SeqrPart = PaymentPart<SeqrSection, SeqrPosition>;
export type SeqrSite = PaymentSite<SeqrSection, SeqrPosition>;
export type SeqrKit = CommandKit<SeqrSection, SeqrPosition>;

function hasNoAccount(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

function isSafeEndpoint(text: string): boolean {
  return !URL.canParse(text) || staysPrivate(new URL(text));
}
