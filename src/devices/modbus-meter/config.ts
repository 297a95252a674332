import { z } from "zod";
import { about, duration } from "../../config/fields.ts";
import { sentence } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";
import type { DeviceDescription } from "../parts/device.ts";
import { ANSWER_OF_BUS, POLL_OF_BUS, serialPort, wattsMax } from "../parts/fields.ts";
import { activeLow, lineKey, lineName, opening } from "../parts/line-fields.ts";

/** Those whose registers the driver knows. */
const METERS = ["sdm72", "sdm120", "sdm220", "sdm230", "sdm630"] as const;
export type MeterModel = (typeof METERS)[number];

/** How many registers a number takes. */
export const WORDS = { float32: 2, uint16: 1, int16: 1, uint32: 2, int32: 2, uint64: 4 } as const;

const unitAddress = z.int().min(1).max(247);

const modbusContactor = z
  .union([
    lineName,
    z
      .strictObject({
        coil: z.int().min(0).max(65_535).meta(about("The coil's number on its Modbus device.", 0)),
        unit: unitAddress
          .optional()
          .meta(about("The address of the device with the coil. Without it: the meter's own.", 2)),
      })
      .meta({ description: "A contactor by a coil of a Modbus device." }),
    z.strictObject({ line: lineKey, activeLow }).meta({ description: "A contactor by a line of the header." }),
  ])
  .transform((given) => (typeof given === "string" ? { line: given, activeLow: false } : given))
  .meta(
    about("What switches the socket on: a line of the header, or a coil of a Modbus device.", "GPIO17", {
      coil: 0,
      unit: 2,
    }),
  );

const registerPlace = {
  function: z
    .union([z.literal(3), z.literal(4)])
    .meta(about("By which Modbus function it is read: 3 holding, 4 input register.", 4)),
  address: z.int().min(0).max(65_535).meta(about("The number of the first register, counted from 0.", 72)),
  wordOrder: z
    .enum(["high-first", "low-first"])
    .default("high-first")
    .meta(about("Which half of the number comes first.", "low-first")),
};
const asWritten = "How the number is written, by the meter's manual.";

const ownPower = z
  .strictObject({
    ...registerPlace,
    type: z.enum(["float32", "uint16", "int16", "uint32", "int32"]).meta(about(asWritten, "int32")),
    wPerCount: z
      .number()
      .min(-1_000_000)
      .max(1_000_000)
      .refine((watts) => watts !== 0, "expected watts, not 0")
      .meta(about("How many watts one count is: 1000 where the register counts kW.", 0.1)),
  })
  .meta({
    description:
      "The register of the power of all phases. With it the limit is kept more closely, and a meter that counts wrongly is found. Where it has function and length of the energy register, one register more is asked for.",
  });

const ownRegister = z
  .strictObject({
    ...registerPlace,
    type: z.enum(["float32", "uint32", "int32", "uint64"]).meta(about(asWritten, "float32")),
    whPerCount: z
      .number()
      .positive()
      .max(1_000_000)
      .meta(about("How many watt-hours one count is: 1000 where the register counts kWh.", 1_000)),
    power: ownPower.optional(),
  })
  .meta({ description: "The energy register of a meter that is not among the known ones." });

const schema = z
  .strictObject({
    driver: z.literal("modbus-meter").meta(about("A meter on RS-485.", "modbus-meter")),
    port: serialPort,
    baudRate: z
      .int()
      .min(1_200)
      .max(115_200)
      .default(9_600)
      .meta(
        about("The line's speed in bits a second, as the meter is set. An SDM120 leaves the factory at 2400.", 2_400),
      ),
    parity: z
      .enum(["none", "even", "odd"])
      .default("none")
      .meta(about("The line's check bit, as the meter is set.", "even")),
    stopBits: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .meta(about("As the meter is set. The standard wants 2 without a check bit; most meters come with 1.", 2)),
    unit: unitAddress.default(1).meta(about("The meter's Modbus address.", 2)),
    meter: z.union([z.enum(METERS), ownRegister]).meta(
      about("Which meter it is, or where another one has its energy.", "sdm630", {
        function: 4,
        address: 72,
        type: "float32",
        whPerCount: 1_000,
      }),
    ),
    invert: z
      .boolean()
      .default(false)
      .meta(
        about(
          "For a meter wired the other way round: what it exports is sold, and its power turned. Of a meter given by its registers only the power is turned: give the energy register that counts.",
          true,
        ),
      ),
    contactor: modbusContactor,
    maxPower: wattsMax(1_000_000),
    pollInterval: duration("50ms", "1s").prefault("250ms").meta(about(POLL_OF_BUS, "500ms")),
    answerTimeout: duration("50ms", "2s").prefault("300ms").meta(about(ANSWER_OF_BUS, "500ms")),
  })
  .meta({ description: "A socket by a meter on a Modbus line and a contactor." });

export type ModbusMeterConfig = z.output<typeof schema>;

export const modbusMeter: DeviceDescription<typeof schema> = {
  schema,
  units: ["kWh"],
  files: [{ kind: "dispute", what: "what is disputed at", counts: false }],
  eitherOr: { key: "contactor", ways: ["line", "coil"] },
  facts: ({ port: path, baudRate, parity, unit, contactor }) => ({
    port: {
      path,
      alike: { baudRate, parity },
      own: [
        { at: ["unit"], name: `unit ${unit}` },
        ...("coil" in contactor
          ? [{ at: ["contactor", "coil"], name: `coil ${contactor.coil} of unit ${contactor.unit ?? unit}` }]
          : []),
      ],
    },
    lines: "line" in contactor ? opening(["contactor", "line"], contactor) : [],
  }),
  problems: ({ meter }) => (typeof meter === "string" ? [] : registerProblems(meter)),
};

const LAST_REGISTER = 65_535;

function registerProblems({ address, type }: { readonly address: number; readonly type: keyof typeof WORDS }): Found[] {
  const lastAddress = LAST_REGISTER - WORDS[type] + 1;
  if (address <= lastAddress) return [];
  const message = sentence({ found: String(address), expected: `at most ${lastAddress} for a ${type}` });
  return [{ path: ["dispenser", "meter", "address"], message, other: ["dispenser", "meter", "type"] }];
}
