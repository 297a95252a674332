import { z } from "zod";
import { about, decimal, duration } from "../../config/fields.ts";
import { sentence, shown } from "../../config/problem.ts";
import { parseUnitPrice } from "../../core/tariff.ts";
import type { Found } from "../../ports/configured.ts";
import type { DevicePosition } from "../../ports/device.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { goodsMax } from "../parts/fields.ts";
import { inputLine, opening, others, outputLine } from "../parts/line-fields.ts";

const schema = z
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

export type RelayVendConfig = z.output<typeof schema>;

export const relayVend: DeviceDescription<typeof schema> = {
  schema,
  units: ["credit", "pcs"],
  files: [METER_FILE],
  facts: ({ selections, dropSensor }) => ({
    prices: selections.map(({ price }, index) => ({ at: ["selections", index, "price"], text: price })),
    lines: [
      ...selections.flatMap(({ output, button }, index) => [
        ...opening(["selections", index, "output"], output),
        ...others(["selections", index], { button }),
      ]),
      ...others([], { dropSensor }),
    ],
  }),
  problems: (config, position) => [...shelfProblems(config), ...priceProblems(config, position)],
};

function shelfProblems({ mode, dropSensor, selections }: RelayVendConfig): Found[] {
  const found: Found[] = [];
  if (mode === "until-drop" && dropSensor === undefined) {
    const message = sentence({
      found: "no dropSensor beside the mode until-drop",
      expected: "a dropSensor, or mode: pulse",
      example: "dropSensor: { line: GPIO19, bias: pull-down }",
    });
    found.push({ path: ["dispenser"], message });
  }
  const ids = selections.map(({ id }) => id);
  for (const [index, { id, button }] of selections.entries()) {
    const path = ["dispenser", "selections", index];
    if (selections.length > 1 && button === undefined) {
      const expected = "a button for each of several selections";
      const example = "button: { line: GPIO5, activeLow: true, bias: pull-up }";
      found.push({ path, message: sentence({ found: "no button", expected, example }) });
    }
    const first = ids.indexOf(id);
    if (first === index) continue;
    const message = sentence({ found: `${shown(id)} a second time`, expected: "an id of its own for each selection" });
    found.push({ path: [...path, "id"], message, other: ["dispenser", "selections", first, "id"] });
  }
  return found;
}

/** Where pieces are counted, each is charged at the unit price, whatever its selection says. */
function priceProblems({ selections }: RelayVendConfig, { unit, unitPrice }: DevicePosition): Found[] {
  if (unit !== "pcs") return [];
  return selections.flatMap(({ price }, index) => {
    if (parseUnitPrice(price) === parseUnitPrice(unitPrice)) return [];
    const message = sentence({
      found: shown(price),
      expected: `unitPrice, ${shown(unitPrice)}, which is charged for each piece`,
      hint: 'goods of several prices need unit: credit with unitPrice: "1.00"',
    });
    return [{ path: ["dispenser", "selections", index, "price"], message, other: ["product", "unitPrice"] }];
  });
}
