import { z } from "zod";
import { goodsMax, wattsMax } from "./dispenser-fields.ts";
import { about, decimal, duration, file } from "./fields.ts";
import { alive, inputLine, outputLine, pulseLine } from "./lines.ts";
import { dart, mdb, modbusMeter, rapi } from "./serial-dispensers.ts";

const pulsesAfterClosing = z.int().min(0).max(1_000);

const simulated = z
  .strictObject({
    driver: z.literal("simulated").meta(about("No hardware.", "simulated")),
    quantity: decimal.meta(about("What each customer takes, in the product's unit.", "5.000")),
    rate: decimal.default("40").meta(about("How fast it flows, in the product's unit a minute.", "20")),
    register: file.optional().meta({
      form: "absolute path",
      ...about(
        "The file that plays the meter's memory. Without this key it stands beside the journal.",
        "/var/lib/kioskd/simulated-1.register",
      ),
    }),
  })
  .meta({ description: "A pump without hardware, to try things." });

const fuelPulser = z
  .strictObject({
    driver: z.literal("fuel-pulser").meta(about("Pulses, valves and a motor on the header.", "fuel-pulser")),
    lines: z
      .strictObject({
        motor: outputLine
          .optional()
          .meta(about("Switches the pump's motor. Leave it out where another device does.", "GPIO17")),
        slowValve: outputLine.meta(
          about("Opens the valve that closes last: the slow one, or the only one.", "GPIO27", {
            line: "GPIO27",
            activeLow: true,
          }),
        ),
        fastValve: outputLine
          .optional()
          .meta(about("Opens the valve for full flow. Leave it out where there is one valve.", "GPIO22")),
        alive,
        nozzle: inputLine.optional().meta(
          about(
            "Active while the nozzle is lifted; hanging it up ends the delivery. Without it nothing is seen of it.",
            {
              line: "GPIO13",
              bias: "pull-down",
            },
          ),
        ),
        pulser: pulseLine.meta(about("The pulses that are charged.", "GPIO19", { line: "GPIO19", bias: "pull-down" })),
        pulserB: pulseLine
          .optional()
          .meta(
            about(
              "A second channel of the pulser, to see when pulses are lost. Without it nothing is compared.",
              "GPIO26",
            ),
          ),
      })
      .meta({ description: "What is wired to which line." }),
    pulsesPerUnit: z
      .int()
      .min(1)
      .max(100_000)
      .meta(about("Pulses for one unit (a litre): read it off the pulser, prove it with a measuring can.", 100)),
    slowDown: decimal
      .default("0.300")
      .meta(
        about(
          "The fast valve closes this much before the limit, in the product's unit. More for a valve that closes slowly.",
          "0.500",
        ),
      ),
    startDelay: duration("0ms", "30s")
      .prefault("2s")
      .meta(about("From the motor's start to the valve's opening, in which a pump resets its display.", "3s")),
    settle: duration("100ms", "10s")
      .prefault("1s")
      .meta(about("So long without a pulse after closing, and all that flowed has been counted.", "2s")),
    channelTolerance: z
      .int()
      .min(0)
      .max(1_000)
      .default(4)
      .meta(about("By how many pulses the two channels may differ in one delivery before it is a fault.", 2)),
    overrun: pulsesAfterClosing
      .default(3)
      .meta(
        about(
          "Pulses that still pass after the valve was closed, until the driver has learned how many it really are.",
          5,
        ),
      ),
    maxRate: decimal
      .default("130")
      .meta(about("The greatest flow, in the product's unit a minute. What is faster is noise, and a fault.", "40")),
  })
  .meta({ description: "A fuel pump by its pulses, valves and motor." });

const relayVend = z
  .strictObject({
    driver: z.literal("relay-vend").meta(about("One relay for each motor.", "relay-vend")),
    selections: z
      .array(
        z
          .strictObject({
            id: z.string().min(1).max(20).meta(about("What is printed at the shelf.", "A1")),
            output: outputLine.meta(about("Turns the shelf's motor.", "GPIO17")),
            button: inputLine.optional().meta(
              about("The customer's button. Only a machine with one shelf may go without: it vends when paid.", {
                line: "GPIO5",
                activeLow: true,
                bias: "pull-up",
              }),
            ),
            price: decimal.meta(about("What one costs, in kiosk.currency.", "12.00")),
          })
          .meta({ description: "One shelf: its motor, its button, its price." }),
      )
      .min(1)
      .max(24)
      .meta({ description: "The shelves, 1 to 24." }),
    dropSensor: inputLine.optional().meta(
      about("Sees something fall. Without it goods count as sold when the motor has run its full time.", {
        line: "GPIO19",
        bias: "pull-down",
      }),
    ),
    mode: z
      .enum(["pulse", "until-drop"])
      .default("until-drop")
      .meta(
        about("When a motor stops: when something fell (needs dropSensor), or always after its time (pulse).", "pulse"),
      ),
    motor: duration("50ms", "60s")
      .prefault("3s")
      .meta(about("How long a motor runs at the most: one turn of the spiral, and some.", "4s")),
    dropTimeout: duration("100ms", "60s")
      .prefault("2s")
      .meta(about("How long after the motor something may still fall.", "3s")),
    idle: duration("5s", "10m")
      .prefault("1m")
      .meta(about("So long without a choice, and the customer has left: the sale ends.", "2m")),
    maxVends: goodsMax,
  })
  .meta({ description: "A vending machine without a controller: relays, buttons, a drop sensor." });

const s0Charger = z
  .strictObject({
    driver: z.literal("s0-charger").meta(about("A contactor and a meter with pulses.", "s0-charger")),
    lines: z
      .strictObject({
        contactor: outputLine.meta(about("Switches the socket on.", "GPIO17")),
        alive,
        plug: inputLine.optional().meta(
          about("Active while a plug is in; pulling it ends the delivery. Without it nothing is seen of it.", {
            line: "GPIO13",
            bias: "pull-down",
          }),
        ),
        s0: pulseLine.meta(about("The meter's pulses, which are charged.", { line: "GPIO19", bias: "pull-down" })),
      })
      .meta({ description: "What is wired to which line." }),
    pulsesPerUnit: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .meta(about("Pulses for one kWh, printed on the meter as imp/kWh.", 800)),
    settle: duration("100ms", "30s")
      .prefault("2s")
      .meta(about("So long without a pulse after the contactor opened, and all has been counted.", "3s")),
    overrun: pulsesAfterClosing
      .default(1)
      .meta(about("Pulses that still come after the contactor was opened, until the driver has learned how many.", 2)),
    maxPower: wattsMax(1_000_000),
  })
  .meta({ description: "A socket by a contactor and a meter with an S0 output." });

export const dispenser = z
  .discriminatedUnion("driver", [simulated, fuelPulser, relayVend, s0Charger, dart, modbusMeter, rapi, mdb])
  .meta({
    description: "The device that delivers, by its driver; `profile: NAME` takes the settings of an assembly in hw.",
  });
