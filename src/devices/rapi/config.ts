import { z } from "zod";
import { about } from "../../config/fields.ts";
import { sentence } from "../../config/problem.ts";
import type { DeviceDescription } from "../parts/device.ts";
import { ownPort, serialPort, wattsMax } from "../parts/fields.ts";
import { energyWh, LEAD_MS } from "./energy-register.ts";

const schema = z
  .strictObject({
    driver: z.literal("rapi").meta(about("An OpenEVSE controller.", "rapi")),
    port: serialPort,
    currentA: z
      .int()
      .min(6)
      .max(80)
      .meta(
        about(
          "The current that cars are offered, in amperes. Never above what cable, socket and fuse are made for.",
          16,
        ),
      ),
    maxPower: wattsMax(100_000),
    bootLock: z
      .enum(["expected", "not-available"])
      .default("expected")
      .meta(
        about(
          "Whether the firmware stays off after a power cut until it is told (`$SB`). not-available takes the warning away, not the loss: such a charger gives energy away after each power cut.",
          "not-available",
        ),
      ),
  })
  .meta({ description: "A charger with an OpenEVSE controller on a serial port." });

export type RapiConfig = z.output<typeof schema>;

/** The lowest voltage of any mains. */
const LEAST_VOLTAGE_V = 100;

export const rapi: DeviceDescription<typeof schema> = {
  schema,
  units: ["kWh"],
  facts: ({ port, maxPower }) => ({ port: ownPort(port), leastLimitBase: energyWh(maxPower, LEAD_MS) }),
  problems: ({ currentA, maxPower }) => {
    const leastW = currentA * LEAST_VOLTAGE_V;
    if (maxPower >= leastW) return [];
    const expected = `at least ${leastW}, what ${currentA} A are at ${LEAST_VOLTAGE_V} V`;
    const message = sentence({ found: String(maxPower), expected, hint: "each charge would count as a fault" });
    return [{ path: ["dispenser", "maxPower"], message, other: ["dispenser", "currentA"] }];
  },
};
