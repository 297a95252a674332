import { z } from "zod";
import { MINOR_DIGITS } from "../core/currencies.ts";
import { UNIT_NAMES } from "../core/quantity.ts";
import { dispenser } from "./dispensers.ts";
import { display } from "./display.ts";
import { cron, decimal, duration, durationMs, hostAndPort, identifier, secretFile } from "./fields.ts";
import { mqtt } from "./mqtt.ts";

const kiosk = z.strictObject({
  id: identifier,
  name: z.string().min(1).max(80),
  /** What to do or whom to call when something is wrong; the display shows it as it stands here. */
  support: z.string().min(1).max(60).optional(),
  currency: z.string().refine((code) => MINOR_DIGITS.has(code), { message: "expected an ISO 4217 code such as SEK" }),
  locales: z
    .array(z.enum(["sv", "en", "de", "fi"]))
    .min(1)
    .default(["en"]),
  timezone: z
    .string()
    .refine((name) => Intl.supportedValuesOf("timeZone").includes(name) || name === "UTC", {
      message: "expected a time zone such as Europe/Stockholm",
    })
    .default("UTC"),
});

/** What is attached to a payment after it was made; nothing unless it is configured. */
const receipt = z.strictObject({
  mimeType: z
    .string()
    .regex(/^[a-z]+\/[a-z0-9.+-]+$/, "expected a type such as text/plain")
    .default("text/plain"),
  type: z.enum(["PAYMENT_RECEIPT", "WARRANTY", "VOUCHER", "OTHER"]).default("PAYMENT_RECEIPT"),
  content: z.enum(["text", "html", "empty"]).default("text"),
});

/** Sales that the customer's phone begins by scanning the machine's own printed code. */
const unattended = z.strictObject({
  listen: hostAndPort,
  merchantId: z.string().regex(/^[A-Za-z0-9]{1,40}$/, "expected letters and digits"),
  secretFile: secretFile,
  certFile: z.string().min(1).optional(),
  keyFile: secretFile.optional(),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .refine(isSafeEndpoint, { message: "expected https; plain http is taken on loopback only" })
    .optional(),
  requestsPerMinute: z.int().min(1).max(600).default(30),
});

const seqr = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).refine(isSafeEndpoint, {
    message: "expected https: plain http would send passwords readable to anyone, and is taken on loopback only",
  }),
  requestTimeout: duration("1s", "60s").default(10_000),
  pollInterval: duration("100ms", "10s").default(1_000),
  commitTimeout: duration("1m", "7d").default(3_600_000),
  offerTimeout: duration("45s", "1h").default(120_000),
  clientId: z.string().min(1).max(80).default("kioskd"),
  clientReference: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,16}$/, "expected at most 16 letters, digits, dots, dashes and underscores")
    .default(""),
  footer: z.string().max(200).default(""),
  caFile: z.string().min(1).optional(),
  receipt: receipt.optional(),
  unattended: unattended.optional(),
  reseller: z.strictObject({ id: z.string().min(1), userId: z.string().min(1), passwordFile: secretFile }).optional(),
});

const names = (about: string) => z.array(identifier).max(32).describe(about);

const position = z.strictObject({
  id: identifier,
  formerly: z
    .union([
      identifier.transform((name) => [name]),
      names("Ids that this position had before, while its dispenser and its terminal were those that it has now."),
    ])
    .default([])
    .describe("What the journal holds under these ids belongs to this position: sales, blocks, prices, books."),
  terminal: z.strictObject({ id: z.string().min(1).max(128), passwordFile: secretFile }).optional(),
  seqrId: z
    .string()
    .regex(/^[A-Za-z0-9]{1,40}$/, "expected letters and digits")
    .optional(),
  code: z.enum(["bill", "sticker"]).default("bill"),
  product: z.strictObject({
    name: z.string().min(1).max(80),
    sku: z.string().min(1).max(40),
    unit: z.enum(UNIT_NAMES),
    unitPrice: decimal,
    /** Between which prices an operator may order one; half and double of `unitPrice` where nothing is said. */
    lowestPrice: decimal.optional(),
    highestPrice: decimal.optional(),
    taxRate: z.number().min(0).max(100).multipleOf(0.01),
    rounding: z.enum(["half-up", "down", "up"]).default("half-up"),
    minimum: decimal.default("0"),
  }),
  reserve: z.array(decimal).min(1).max(12),
  noFlowTimeout: duration("5s", "1h").default(120_000),
  dispenser,
});

/** The whole configuration: what is allowed, what it means in the daemon's units, and what is assumed where nothing is said. */
export const configSchema = z.strictObject({
  kiosk,
  journal: z.strictObject({
    path: z.string().min(1),
    mark: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A file that tells from outside how far the journal has come; best on another disk. Beside it by default.",
      ),
    keep: duration("90d", "100y")
      .default(durationMs("2y"))
      .describe("Sales that closed longer ago go to yearly archive files beside the journal."),
  }),
  payment: z.strictObject({ provider: z.literal("seqr"), seqr }),
  gpio: z
    .strictObject({
      backend: z.enum(["auto", "sysfs", "libgpiod"]).default("auto"),
      /** Whose line N is GPIO N, on a board that is no Raspberry Pi. */
      headerChip: z.string().min(1).max(80).optional(),
    })
    .prefault({}),
  positions: z.array(position).min(1).max(32),
  retired: names(
    "Ids of positions that are gone for good. Of what the journal still holds of them, an open sale goes to a person.",
  ).default([]),
  display,
  mqtt: mqtt.optional(),
  schedule: z.strictObject({ reconcile: cron.optional(), housekeeping: cron.default("30 3 * * *") }).prefault({}),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).default("info") }).prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type PositionConfig = Config["positions"][number];

function isSafeEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}
