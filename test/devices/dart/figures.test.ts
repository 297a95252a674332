import { describe, expect, it } from "vitest";
import { STATUS } from "../../../src/devices/dart/application.ts";
import { FAULTS } from "../../../src/devices/dart/faults.ts";
import { type FigureSettings, Figures } from "../../../src/devices/dart/figures.ts";

const KNOWN: FigureSettings = { volumeDecimals: 2, amountDecimals: 2, priceDecimals: 2, unitPriceE6: 19_890_000 };
const OWN_PRICE: FigureSettings = { volumeDecimals: 2, currencyDecimals: 2, unitPriceE6: 19_890_000 };
const NOTHING: FigureSettings = { volumeDecimals: 2 };

function shown(volume: number, amount: number, price: number | null) {
  return { status: STATUS.fillingCompleted, volume, amount, price };
}

describe("an amount against volume times price", () => {
  it.each<[string, FigureSettings, [number, number, number | null], boolean]>([
    ["they agree", KNOWN, [5_291, 105_238, 1_989], true],
    ["nothing was taken", KNOWN, [0, 0, 1_989], true],
    ["the pump rounds to 0.05", KNOWN, [5_291, 105_240, 1_989], true],
    ["the pump has counted a part of the volume's last step", KNOWN, [5_291, 105_256, 1_989], true],
    ["the volume is a tenth", { ...KNOWN, volumeDecimals: 3 }, [5_291, 105_238, 1_989], false],
    ["the volume is ten times", { ...KNOWN, volumeDecimals: 1 }, [5_291, 105_238, 1_989], false],
    ["the amount has no decimals", { ...KNOWN, amountDecimals: 0 }, [5_291, 1_052, 1_989], true],
    ["the amount has other decimals", KNOWN, [5_291, 1_052, 1_989], false],
    ["the amount is a tenth too high", KNOWN, [5_291, 115_762, 1_989], false],
    ["the amount is nothing", KNOWN, [5_291, 0, 1_989], false],
    ["the pump says no price", KNOWN, [5_291, 1, null], true],
    ["the pump's own price is what is charged", OWN_PRICE, [5_291, 105_238, 1_989], true],
    ["it is, with another decimal", OWN_PRICE, [5_291, 105_238, 19_890], true],
    ["it is, and the volume is a tenth", { ...OWN_PRICE, volumeDecimals: 3 }, [5_291, 105_238, 1_989], false],
    ["nobody knows any decimals", NOTHING, [5_291, 105_238, 1_989], true],
    ["nobody knows any decimals, and the digits differ", NOTHING, [5_291, 115_238, 1_989], false],
    ["yen", { volumeDecimals: 2, currencyDecimals: 0, priceDecimals: 0 }, [5_291, 9_629, 182], true],
    ["dinars", { volumeDecimals: 2, currencyDecimals: 3, priceDecimals: 3 }, [5_291, 7_142, 135], true],
  ])("%s", (_, settings, [volume, amount, price], agrees) => {
    const problem = new Figures(settings).amountProblem(shown(volume, amount, price), false);
    expect(problem === null, problem ?? "").toBe(agrees);
  });

  it("says both figures, and what to do", () => {
    const figures = new Figures({ ...KNOWN, volumeDecimals: 3 });
    const problem = figures.amountProblem(shown(5_291, 105_238, 1_989), false) ?? "";
    expect(FAULTS.amount(problem)).toBe(
      "the pump shows 1052.38, but 5.291 L at 19.89 are 105.24: compare volumeDecimals, priceDecimals and amountDecimals with the pump's display, then start the daemon again",
    );
  });

  it.each<[string, number, boolean]>([
    ["by a price that was changed since", 115_762, true],
    ["by ten", 1_052_380, false],
  ])("of an old delivery may differ %s", (_, amount, agrees) => {
    expect(new Figures(KNOWN).amountProblem(shown(5_291, amount, 1_989), true) === null).toBe(agrees);
  });
});

describe("what the pump says of its decimals", () => {
  const said = { volumeDecimals: 2, amountDecimals: 2, priceDecimals: 2 };

  it.each<[string, FigureSettings, string | null]>([
    ["the same", KNOWN, null],
    ["the same, as far as is configured", NOTHING, null],
    ["another volume", { ...KNOWN, volumeDecimals: 3 }, "the pump has volumeDecimals 2, the configuration 3"],
    [
      "another price and amount",
      { ...KNOWN, priceDecimals: 3, amountDecimals: 0 },
      "the pump has amountDecimals 2, the configuration 0; the pump has priceDecimals 2, the configuration 3",
    ],
  ])("is %s", (_, settings, problem) => {
    const figures = new Figures(settings);
    expect(figures.decimalsProblem).toBeNull();
    figures.heard(said);
    expect(figures.decimalsProblem).toBe(problem);
  });

  it("counts where the configuration says nothing of the amount, before the currency", () => {
    const figures = new Figures({ volumeDecimals: 2, currencyDecimals: 2, priceDecimals: 2 });
    expect(figures.amountProblem(shown(5_291, 1_052, 1_989), false)).not.toBeNull();
    figures.heard({ ...said, amountDecimals: 0 });
    expect(figures.amountProblem(shown(5_291, 1_052, 1_989), false)).toBeNull();
  });
});

it.each<[string, number, number | null, boolean]>([
  ["what is charged", 1_989, 2, true],
  ["what is charged, with decimals that nobody said", 1_989, null, true],
  ["another", 2_089, 2, false],
  ["the same digits with another decimal", 1_989, 3, false],
  ["none", 0, 2, true],
])("a pump's own price is %s", (_, price, priceDecimals, agrees) => {
  const figures = new Figures(OWN_PRICE);
  if (priceDecimals !== null) figures.heard({ volumeDecimals: 2, amountDecimals: 2, priceDecimals });
  expect(figures.priceProblem(price) === null).toBe(agrees);
});
