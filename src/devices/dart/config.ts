import { z } from "zod";
import { about, duration } from "../../config/fields.ts";
import { sentence, shown } from "../../config/problem.ts";
import { parseScaled } from "../../core/money.ts";
import type { DeviceDescription } from "../parts/device.ts";
import { ANSWER_OF_BUS, POLL_OF_BUS, serialPort } from "../parts/fields.ts";

const schema = z
  .strictObject({
    driver: z.literal("dart").meta(about("A pump that speaks DART.", "dart")),
    port: serialPort,
    baudRate: z
      .union([z.literal(9_600), z.literal(19_200)])
      .default(9_600)
      .meta(about("The line's speed in bits a second, as the pump is set.", 19_200)),
    address: z
      .int()
      .min(0x50)
      .max(0x6f)
      .meta(about("The pump's address on the line: 80 is its side 1, 81 the next one.", 80)),
    nozzles: z
      .array(z.int().min(1).max(8))
      .min(1)
      .refine((nozzles) => new Set(nozzles).size === nozzles.length, "expected each nozzle once")
      .default([1])
      .meta(about("The nozzles that are sold from; no other is ever released.", [1, 2])),
    volumeDecimals: z
      .union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
      .default(2)
      .meta(
        about(
          "Decimals of the litres that the pump sends: a setting of the pump. Another one than the pump has sells nothing.",
          3,
        ),
      ),
    priceDecimals: z
      .int()
      .min(0)
      .max(4)
      .optional()
      .meta(
        about(
          "Decimals of the price as the pump shows it; with it the daemon sets the price there. Without it the pump keeps its own price, which must be product.unitPrice.",
          2,
        ),
      ),
    amountDecimals: z
      .int()
      .min(0)
      .max(4)
      .optional()
      .meta(
        about(
          "Decimals of the amounts on the pump's display. Left out: as the pump says, else those of the currency.",
          2,
        ),
      ),
    pollInterval: duration("20ms", "2s").prefault("200ms").meta(about(POLL_OF_BUS, "400ms")),
    answerTimeout: duration("25ms", "2s").prefault("150ms").meta(about(ANSWER_OF_BUS, "300ms")),
  })
  .meta({ description: "A fuel pump on an RS-485 line by the protocol DART (Wayne, Dover, Mepsan, Mekser)." });

export type DartConfig = z.output<typeof schema>;

/** What a pump's display has room for. */
const PRICE_END = 1_000_000;

export const dart: DeviceDescription<typeof schema> = {
  schema,
  units: ["L"],
  ownPrice: "the pump shows its price too: change it in the configuration",
  facts: ({ port: path, baudRate, pollInterval, answerTimeout, address, volumeDecimals }) => ({
    port: {
      path,
      alike: { baudRate, pollInterval: `${pollInterval}ms`, answerTimeout: `${answerTimeout}ms` },
      own: [{ at: ["address"], name: `address ${address}` }],
    },
    scale: volumeDecimals === 2 ? null : `${volumeDecimals} decimals`,
  }),
  problems: ({ priceDecimals }, { unitPrice }) => {
    if (priceDecimals === undefined || (parseScaled(unitPrice, priceDecimals) ?? PRICE_END) < PRICE_END) return [];
    const expected = `a price of at most six digits, ${priceDecimals} of them decimals as priceDecimals says`;
    const message = sentence({ found: shown(unitPrice), expected, hint: "the pump shows no more" });
    return [{ path: ["product", "unitPrice"], message, other: ["dispenser", "priceDecimals"] }];
  },
};
