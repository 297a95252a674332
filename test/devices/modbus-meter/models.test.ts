import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelNames, parseModel, readModel } from "../../../src/devices/modbus-meter/model.ts";
import { knownMeter, registerMap } from "../../../src/devices/modbus-meter/register-map.ts";

const FOLDER = join(import.meta.dirname, "../../../src/devices/modbus-meter/models");
const NAMES = modelNames();
/** A place in a repository at a commit, so that it says tomorrow what it says today. */
const SOURCE = /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/blob\/[\da-f]{40}\/\S+$/;
const IMPORTED = {
  function: 4,
  address: 0x48,
  type: "float32",
  wordOrder: "high-first",
  scale: 1_000,
  offset: 0,
  count: 4,
} as const;

function eastron(powerAddress: number) {
  return {
    energy: IMPORTED,
    reverse: { ...IMPORTED, offset: 2 },
    power: { ...IMPORTED, address: powerAddress, scale: 1, count: 2 },
    serial: { ...IMPORTED, function: 3, address: 0xfc00, type: "uint32", scale: 1, count: 2 },
    resolutionWh: 10,
    lagMs: 1_000,
    pauseMs: 0,
  };
}

describe("the meters that were known first", () => {
  it.each([
    ["sdm72", 0x34],
    ["sdm120", 0x0c],
    ["sdm220", 0x0c],
    ["sdm230", 0x0c],
    ["sdm630", 0x34],
  ])("%s is asked what it was asked before", (name, powerAddress) => {
    expect(knownMeter(name)).toEqual({ map: eastron(powerAddress), warnings: [] });
  });
});

describe("every model", () => {
  it("has a file and a title of its own", () => {
    expect(new Set(NAMES.map((name) => `${name}.yaml`))).toEqual(new Set(readdirSync(FOLDER)));
    expect(NAMES).toContain("sdm630");
    const titles = NAMES.map(readModel).flatMap(({ maker, title }) =>
      title.split(", ").map((each) => `${maker} ${each}`),
    );
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(NAMES)("%s says where its figures come from", (name) => {
    const { sources, confirmed } = readModel(name);
    for (const source of sources) expect(source).toMatch(SOURCE);
    const repositories = new Set(sources.map((source) => source.split("/").slice(3, 5).join("/")));
    expect(repositories.size).toBeGreaterThanOrEqual(confirmed ? 2 : 1);
  });

  it.each(NAMES)("%s answers no two questions in the same length", (name) => {
    const turned = readModel(name).export === undefined ? [] : [registerMap(name, true)];
    for (const { energy, power, serial } of [registerMap(name), ...turned]) {
      const asked = [energy, power, serial].flatMap((each) =>
        each === null ? [] : [`${each.function} ${each.count}`],
      );
      expect(new Set(asked).size).toBe(asked.length);
    }
  });

  it.each(NAMES)("%s sells without a word only in steps of 10 Wh or less, by figures that are confirmed", (name) => {
    const { confirmed, stepWh, power } = readModel(name);
    const expected = [
      ...(confirmed ? [] : [expect.stringMatching(/are not confirmed, by https:.* compare energy and power/)]),
      ...(stepWh <= 10 ? [] : [expect.stringContaining(`steps by ${stepWh} Wh: a sale may be charged`)]),
    ];
    expect(knownMeter(name).warnings).toEqual(expected);
    expect(stepWh).toBeLessThan(1_000);
    expect(power).toBeDefined();
  });

  it.each(NAMES)(
    "%s sells by what it exports where it is wired the other way round, or says that it cannot",
    (name) => {
      const exported = readModel(name).export;
      if (exported === undefined) {
        expect(() => registerMap(name, true)).toThrow(/stands in no register that is known/);
        return;
      }
      const [right, turned] = [registerMap(name), registerMap(name, true)];
      expect(turned.energy.address + turned.energy.offset).toBe(exported.address);
      expect(turned.power?.scale).toBe(-(right.power?.scale ?? Number.NaN));
      // What counts the other way is known of both, or of neither.
      expect(turned.reverse === null).toBe(right.reverse === null);
    },
  );
});

describe("a model's file", () => {
  const GOOD = readFileSync(join(FOLDER, "abb-b.yaml"), "utf8");
  it.each<[string, string | RegExp, string, RegExp]>([
    [
      "with steps of a kilowatt-hour",
      "stepWh: 10",
      "stepWh: 1000",
      /stepWh: found 1000, expected steps of less than 1000 Wh.*a whole step/,
    ],
    [
      "with a step below a count",
      "stepWh: 10",
      "stepWh: 1",
      /stepWh: expected at least what one of the register is, 10/,
    ],
    ["without a source", /sources:\n( {2}- .*\n)+/, "sources: []\n", /sources: /],
    ["with one source that counts as two", / {2}- .*\n {2}- .*\n/, "", /sources: expected two sources/],
    [
      "with two answers alike",
      "address: 0x5b14, registers: 4",
      "address: 0x5b14",
      /serial: has answers of 2 registers as power/,
    ],
    [
      "with fewer registers than its type",
      "registers: 8",
      "registers: 3",
      /energy: expected at least 4 registers for a uint64/,
    ],
    [
      "with more registers than the meter answers",
      "pauseMs: 100",
      "maxRegisters: 6",
      /energy: expected at most 6 registers/,
    ],
    ["beyond the last register", "address: 0x5b14", "address: 0xfffe", /power: expected no register beyond the last/],
    [
      "with a pattern of another length",
      "[7fffffff]",
      "[7fff]",
      /power: found noValue 7fff, expected 8 digits for a int32/,
    ],
    ["with a type that is none", "type: int32", "type: i32", /power.type: /],
    ["with a key that is none", "lagMs: 1000", "lag: 1000", /lag/],
    ["of another name", "name: abb-b", "name: abb-c", /name: found abb-c, expected abb-b/],
    ["that is no YAML", "name: abb-b", "name: [", /models\/abb-b\.yaml cannot be used/],
  ])("%s is refused with a sentence", (_, from, to, message) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    expect(() => parseModel("abb-b", text)).toThrow(message);
  });

  it("is looked for by its name alone", () => {
    for (const name of ["../model", "sdm603", "", "sdm630.yaml"])
      expect(() => readModel(name)).toThrow(/^no meter model .*: expected abb-b, .*sdm630/);
  });
});

describe("a meter of one's own", () => {
  const own = { function: 3, address: 0x10, type: "uint32", wordOrder: "high-first", whPerCount: 10 } as const;

  it("steps by a count and lags as most do, unless told otherwise", () => {
    expect(knownMeter(own)).toMatchObject({ map: { resolutionWh: 10, lagMs: null }, warnings: [] });
    const told = knownMeter({ ...own, stepWh: 100, lag: 10_000 });
    expect(told.map).toMatchObject({ resolutionWh: 100, lagMs: 10_000 });
    expect(told.warnings).toEqual([expect.stringMatching(/steps by 100 Wh: .*noFlowTimeout above 261s/)]);
  });
});
