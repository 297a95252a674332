import { z } from "zod";
import { about, decimal, duration } from "../../config/fields.ts";
import { sentence, shown } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { goodsMax, ownPort, serialPort } from "../parts/fields.ts";

/** Of a vending machine's goods: two bytes on its bus. */
const itemNumber = z
  .string()
  .regex(/^\d{1,5}$/)
  .refine((text) => Number(text) <= 0xffff)
  .meta({ form: "number of an item, 0 to 65535, in quotes", examples: ["7"] });

const schema = z
  .strictObject({
    driver: z.literal("mdb").meta(about("A vending machine with an MDB bus.", "mdb")),
    port: serialPort,
    flow: z
      .enum(["authorise-first", "always-idle"])
      .default("always-idle")
      .meta(
        about(
          "always-idle: choose, then pay that price; needs a machine of MDB level 3. authorise-first: pay, then choose; every machine can.",
          "authorise-first",
        ),
      ),
    address: z
      .union([z.literal(0x10), z.literal(0x60)])
      .default(0x10)
      .meta(about("Which card reader of the machine the adapter plays: 16 the first, 96 the second.", 96)),
    prices: z
      .record(itemNumber, decimal)
      .optional()
      .meta({
        form: "key for each item with its price, a decimal in quotes",
        ...about(
          "What the machine is set to, item by item, in kiosk.currency; a request with another price is refused. Without it the machine's price is trusted, even if the line has garbled it.",
          { "1": "12.00", "2": "15.00" },
        ),
      }),
    currencyNumber: z
      .int()
      .min(1)
      .max(999)
      .optional()
      .meta(
        about(
          "The currency's number in ISO 4217. Needed only for a currency that the daemon does not know by number.",
          752,
        ),
      ),
    decimalPlaces: z
      .union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
      .optional()
      .meta(about("Decimals of the machine's amounts, as the adapter tells it. Left out: those of kiosk.currency.", 2)),
    scaleFactor: z
      .int()
      .min(1)
      .max(255)
      .default(1)
      .meta(
        about(
          "What one step of the machine's amounts is worth in the last of its decimals: 5 where all prices are multiples of 0.05.",
          5,
        ),
      ),
    maxVends: goodsMax,
    vendTimeout: duration("5s", "5m")
      .prefault("1m")
      .meta(about("How long the machine may take from the approval until it says whether goods came out.", "90s")),
    wantTimeout: duration("10s", "10m")
      .prefault("2m")
      .meta(about("How long goods chosen at the machine wait for the customer to pay.", "3m")),
  })
  .meta({ description: "A vending machine with its own controller, behind an MDB adapter." });

export type MdbConfig = z.output<typeof schema>;

export const mdb: DeviceDescription<typeof schema> = {
  schema,
  units: ["credit"],
  files: [METER_FILE],
  facts: ({ port, flow, prices = {} }) => ({
    port: ownPort(port),
    areGoodsChosenFirst: flow === "always-idle",
    prices: Object.entries(prices).map(([item, text]) => ({ at: ["prices", item], text })),
  }),
  problems: (config, { currency }) => {
    if (currencyNumberOf(config, currency) !== null) return itemProblems(config);
    const expected = `currencyNumber, the number of ${currency} in ISO 4217`;
    const message = sentence({ found: "no currencyNumber", expected, example: "currencyNumber: 752 for SEK" });
    return [...itemProblems(config), { path: ["dispenser"], message }];
  },
};

const CURRENCY_NUMBERS: Readonly<Record<string, number>> = {
  ...{ CHF: 756, CZK: 203, DKK: 208, EUR: 978, GBP: 826, HUF: 348, ISK: 352 },
  ...{ JPY: 392, NOK: 578, PLN: 985, RON: 946, SEK: 752, USD: 840 },
  ...{ BHD: 48, JOD: 400, KRW: 410, KWD: 414, OMR: 512, TND: 788 },
};

/** What ISO 4217 calls the currency by number; null when nobody said. */
export function currencyNumberOf({ currencyNumber }: MdbConfig, currency: string): number | null {
  return currencyNumber ?? CURRENCY_NUMBERS[currency] ?? null;
}

function itemProblems({ prices = {} }: MdbConfig): Found[] {
  const items = Object.keys(prices);
  return items.flatMap((item, index) => {
    const first = items.findIndex((each) => Number(each) === Number(item));
    const other = items[first];
    if (first === index || other === undefined) return [];
    const found = `${shown(item)}, which is item ${Number(item)} as ${shown(other)} is`;
    const message = sentence({ found, expected: "each item once", example: `"${Number(item)}"` });
    return [{ path: ["dispenser", "prices", item], message, other: ["dispenser", "prices", other] }];
  });
}
