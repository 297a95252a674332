import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LineName } from "../../../src/core/line-name.ts";
import { GpioError } from "../../../src/platform/gpio/gpio.ts";
import { parseLineName } from "../../../src/platform/gpio/line-name.ts";

// Raspberry Pi's documentation of the 40-pin header: pin by pin, the GPIO number where there is one.
const HEADER: Readonly<Record<number, number>> = {
  3: 2,
  5: 3,
  7: 4,
  8: 14,
  10: 15,
  11: 17,
  12: 18,
  13: 27,
  15: 22,
  16: 23,
  18: 24,
  19: 10,
  21: 9,
  22: 25,
  23: 11,
  24: 8,
  26: 7,
  29: 5,
  31: 6,
  32: 12,
  33: 13,
  35: 19,
  36: 16,
  37: 26,
  38: 20,
  40: 21,
};
const named = (name: string): LineName => ({ by: "name", name });
const at = (chip: string, offset: number): LineName => ({ by: "offset", chip, offset });

describe("names of lines", () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))("header pin %i", (pin) => {
    const gpio = HEADER[pin];
    if (gpio === undefined)
      expect(() => parseLineName(`pin ${pin}`)).toThrow(/is no line: on that pin is (3[.]3 V|5 V|ground|the EEPROM)/);
    else expect(parseLineName(`pin ${pin}`)).toEqual(named(`GPIO${gpio}`));
  });

  it.each([
    ["GPIO17", null, named("GPIO17")],
    ["PIN11", null, named("GPIO17")],
    ["ID_SDA", null, named("ID_SDA")],
    ["pinctrl-rp1:17", null, at("pinctrl-rp1", 17)],
    ["gpio-sim.0-node0:3", null, at("gpio-sim.0-node0", 3)],
    ["gpio-brcmstb@107d508500:2", null, at("gpio-brcmstb@107d508500", 2)],
    ["pin 11", "gpio-sim.rig", at("gpio-sim.rig", 17)],
    ["GPIO4", "gpio-sim.rig", at("gpio-sim.rig", 4)],
    ["pinctrl-rp1:17", "gpio-sim.rig", at("pinctrl-rp1", 17)],
  ] as const)("%s with the header on %s", (text, headerChip, expected) => {
    expect(parseLineName(text, headerChip)).toEqual(expected);
  });

  it.each([
    "",
    "17",
    "pin 0",
    "pin 41",
    "GPIO 17",
    ":3",
    "pinctrl-rp1:",
    "pinctrl-rp1:x",
    "a b:1",
    "x".repeat(40),
    "../x",
  ])("%j is refused, with what to write", (text) => {
    expect(() => parseLineName(text)).toThrow(GpioError);
    expect(() => parseLineName(text)).toThrow("Write `pin 11`");
  });

  it("gives a name or a GpioError for any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseLineName(text).by).toMatch(/^(name|offset)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(GpioError);
        }
      }),
    );
  });
});
