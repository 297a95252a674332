import { z } from "zod";
import { MINOR_DIGITS } from "../core/currencies.ts";
import { UNIT_NAMES } from "../core/quantity.ts";
import { alerts } from "./alerts.ts";
import { display } from "./display.ts";
import { about, cron, decimal, duration, file, identifier, lineName } from "./fields.ts";
import { mqtt } from "./mqtt.ts";
import { operator } from "./operator.ts";
import type { PlugIns } from "./plug-ins.ts";

const kiosk = z
  .strictObject({
    id: identifier.meta(
      about("Names this kiosk among yours. It becomes part of MQTT topics; the journal keeps it.", "station-7"),
    ),
    name: z
      .string()
      .min(1)
      .max(80)
      .meta(about("The name that customers see, on the display and on receipts.", "Harbour station")),
    support: z
      .string()
      .min(1)
      .max(60)
      .optional()
      .meta(
        about(
          "What customers shall do, or whom they shall call, when something is wrong. The display shows it as it stands here; without it, nothing.",
          "Call 010-123 45 67",
        ),
      ),
    currency: z
      .string()
      .refine((code) => MINOR_DIGITS.has(code), { message: "expected a code of ISO 4217 such as SEK" })
      .meta({ form: "code of ISO 4217", ...about("The currency of all prices and amounts.", "SEK", "EUR") }),
    locales: z
      .array(z.enum(["sv", "en", "de", "fi", "no", "da", "nl", "fr", "es", "it", "pl", "et"]))
      .min(1)
      .default(["en"])
      .meta(
        about("The languages of the display: the first one at the start, the others behind a button.", ["sv", "en"]),
      ),
    timezone: z
      .string()
      .refine(isTimeZone, { message: "expected a time zone such as Europe/Stockholm" })
      .default("UTC")
      .meta({
        form: "name of the IANA list",
        ...about("The local time of receipts and of schedule.", "Europe/Stockholm"),
      }),
  })
  .meta({ description: "Which kiosk this is, and how it speaks to customers." });

const journal = z
  .strictObject({
    path: file.meta(
      about(
        "The file with every sale: the money. Keep it on a disk that does not lose what it has written; its folder holds other files of the daemon too.",
        "/var/lib/kioskd/journal.db",
      ),
    ),
    mark: file
      .optional()
      .meta(
        about(
          "A small file that tells from outside how far the journal has come, so that a journal that lost its end is noticed. Best on another disk; without this key it stands beside the journal.",
          "/mnt/usb/journal.mark",
        ),
      ),
    keep: duration("90d", "100y")
      .prefault("2y")
      .meta(
        about(
          "How long sales stay in the journal. Those that closed longer ago go to yearly archive files beside it; nothing is deleted.",
          "5y",
        ),
      ),
  })
  .meta({ description: "Where the kiosk writes down every sale before anything follows from it." });

const gpio = z
  .strictObject({
    backend: z
      .enum(["auto", "sysfs", "libgpiod"])
      .default("auto")
      .meta(
        about(
          "By which way of the kernel lines are set and read. auto takes sysfs where the kernel has it, else libgpiod. Change it only when a way does not work on your board.",
          "libgpiod",
        ),
      ),
    headerChip: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .meta(
        about(
          "On a board that is no Raspberry Pi: the label of the chip whose line 17 is GPIO17 (`gpiodetect` lists labels). A Raspberry Pi needs none.",
          "pinctrl-sun50i",
        ),
      ),
  })
  .prefault({})
  .meta({ description: "The header with relays, valves and pulse inputs. Of use only with drivers that have lines." });

const names = z.array(identifier).max(32);

const product = z
  .strictObject({
    name: z.string().min(1).max(80).meta(about("What customers read on the display and the receipt.", "Diesel")),
    sku: z.string().min(1).max(40).meta(about("The product's number in your books and at the payment service.", "DSL")),
    unit: z
      .enum(UNIT_NAMES)
      .meta(
        about(
          "In what the product is priced and counted. credit is for machines with a price for each of their goods.",
          "L",
          "kWh",
        ),
      ),
    unitPrice: decimal.meta(
      about("The price of one unit, with tax, in kiosk.currency. For credit it is 1.00.", "19.89"),
    ),
    lowestPrice: decimal
      .optional()
      .meta(about("The lowest price that an operator may order from afar. Without it: half of unitPrice.", "15.00")),
    highestPrice: decimal
      .optional()
      .meta(about("The highest price that an operator may order from afar. Without it: double of unitPrice.", "25.00")),
    taxRate: z
      .number()
      .min(0)
      .max(100)
      .multipleOf(0.01)
      .meta(about("The tax that is in the price, in percent.", 25, 5.5)),
    rounding: z
      .enum(["half-up", "down", "up"])
      .default("half-up")
      .meta(
        about(
          "How an amount is rounded to the smallest coin: half-up as in shops, down for the customer, up for the owner.",
          "down",
        ),
      ),
    minimum: decimal
      .default("0")
      .meta(
        about("The least that a purchase costs, in kiosk.currency; customers are told. 0 is no such amount.", "5.00"),
      ),
  })
  .meta({ description: "What is sold here, and for how much." });

const naming = {
  id: identifier.meta(
    about(
      "Names the position: one pump, one socket, one machine. The journal holds sales under it, so a new id needs formerly.",
      "1",
      "pump-2",
    ),
  ),
  formerly: z
    .union([identifier.transform((name) => [name]), names])
    .prefault([])
    .meta({
      form: "an id, or a list of at most 32",
      ...about(
        "Ids that this position had before, with the dispenser and terminal that it has now. What the journal holds under them (sales, blocks, prices, books) belongs to it.",
        ["1"],
      ),
    }),
};

const selling = {
  product,
  reserve: z
    .array(decimal)
    .min(1)
    .max(12)
    .meta(
      about(
        "The amounts, in kiosk.currency, that customers choose from as a maximum. So much is held; only what was taken is charged.",
        ["100.00", "300.00", "500.00"],
      ),
    ),
  noFlowTimeout: duration("5s", "1h")
    .prefault("2m")
    .meta(
      about(
        "A delivery in which nothing flows for so long is ended and charged. Longer for customers who need time to begin.",
        "5m",
      ),
    ),
};

const signals = z
  .strictObject({
    lamp: lineName
      .optional()
      .meta(about("Blinks at each step of a sale, and is on from the approval to the end of what flows.", "GPIO24")),
    beeper: lineName
      .optional()
      .meta(
        about(
          "A buzzer with its own tone. One short beep: the code can be scanned. Two: approved. A long one: ended. Three: it failed.",
          "GPIO25",
        ),
      ),
    activeLow: z
      .boolean()
      .default(false)
      .meta(about("Both are on while their level is low, as on many relay boards.", true)),
  })
  .meta({
    description:
      "A lamp and a beeper for customers who do not see the screen, or do not hear. Without it there are none; a failure of theirs keeps nothing from selling.",
  })
  .optional();

const schedule = z
  .strictObject({
    reconcile: cron
      .optional()
      .meta(
        about(
          "When the journal is compared with the payment service's books, in kiosk.timezone. Needs an account at the service that may read them. Without it, only on command.",
          "10 3 * * *",
        ),
      ),
    housekeeping: cron
      .prefault("30 3 * * *")
      .meta(
        about(
          "When old sales go to the archive and the journal is tidied, in kiosk.timezone. Take a quiet hour.",
          "0 4 * * *",
        ),
      ),
  })
  .prefault({})
  .meta({ description: "What the daemon does by the clock." });

const log = z
  .strictObject({
    level: z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .meta(about("How much the daemon writes to its log: debug most, error least.", "debug")),
  })
  .prefault({})
  .meta({ description: "What the daemon says to `journalctl`." });

export type ConfigSchema = ReturnType<typeof configSchemaOf>;
export type Config = z.output<ConfigSchema>;
export type PositionConfig = Config["positions"][number];

/**
 * The whole configuration: what is allowed, what it means in the daemon's units, and what is assumed where nothing is said.
 * @param services the payment services whose keys a position has; none for those of all of them
 */
export function configSchemaOf(plugIns: PlugIns, services: readonly string[] = []) {
  const dispenser = dispenserOf(plugIns);
  const one = z
    .strictObject({ ...naming, ...keysOf(plugIns, services), ...selling, signals, dispenser })
    .meta({ description: "One pump, socket or machine, with its product and its account." });
  return z
    .strictObject({
      kiosk,
      journal,
      payment: paymentOf(plugIns),
      gpio,
      positions: z
        .array(one)
        .min(1)
        .max(32)
        .meta({ description: "What customers can buy from: 1 to 32 pumps, sockets or machines." }),
      retired: names.default([]).meta({
        form: "list of at most 32 ids",
        ...about("Ids of positions that are gone for good. A sale that is still open under one goes to a person.", [
          "2",
        ]),
      }),
      display,
      mqtt: mqtt.optional(),
      alerts: alerts.optional(),
      operator: operator.optional(),
      schedule,
      log,
    })
    .meta({
      description:
        "The configuration of a kiosk. Amounts and prices are text in quotes, durations are text such as 10s.",
    });
}

/** The payment services that a configuration names, before it was checked; none when it does not say which one sells. */
export function servicesIn(value: unknown): readonly string[] {
  const named = z
    .object({ payment: z.object({ provider: z.string(), retired: z.unknown().optional() }) })
    .safeParse(value);
  if (!named.success) return [];
  const { provider, retired } = named.data.payment;
  return [provider, ...(typeof retired === "object" && retired !== null ? Object.keys(retired) : [])];
}

function paymentOf({ payments }: PlugIns) {
  const retired = retiredOf(payments);
  const [first, ...others] = payments.map(({ name, section }) =>
    z
      .strictObject({
        provider: z.literal(name).meta(about("The payment service.", name)),
        ...named(name, section),
        retired,
      })
      .meta({ description: "How customers pay." }),
  );
  if (first === undefined) throw new Error("a configuration needs at least one payment service that it may name");
  if (others.length === 0) return first;
  return z.discriminatedUnion("provider", [first, ...others]).meta({ description: "How customers pay." });
}

function retiredOf(payments: PlugIns["payments"]) {
  const sections = payments.map(({ name, section }) => [name, section.optional()] as const);
  return z.strictObject(Object.fromEntries(sections)).optional().meta({
    form: "the section of each, under its name",
    description:
      "Services that sold here before. Move a service's section here, as it stood, when another one becomes the provider, and leave its keys at the positions: what was open there is settled and freed, and `kioskd refund` gives money back there. Without it a person has to do that at the service.",
  });
}

/** A section of which only its plug-in knows the type. */
function named(name: string, section: z.ZodType): object {
  return { [name]: section };
}

/** What a position has at its payment services. Only each service's plug-in knows the types. */
function keysOf({ payments }: PlugIns, services: readonly string[]): object {
  const own = payments.filter(({ name }) => services.includes(name));
  return Object.assign({}, ...(own.length === 0 ? payments : own).map(({ position }) => position));
}

function dispenserOf({ devices }: PlugIns) {
  const [first, ...others] = devices.map(({ schema }) => schema);
  if (first === undefined) throw new Error("a configuration needs at least one device that it may name");
  return z.discriminatedUnion("driver", [first, ...others]).meta({
    description: "The device that delivers, by its driver; `profile: NAME` takes the settings of an assembly in hw.",
  });
}

/** Old names and links too (Europe/Kyiv, Asia/Kolkata); an offset such as +01:00 knows no summer. */
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat(undefined, { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
