import { z } from "zod";
import { about, duration, lineName } from "../../config/fields.ts";
import type { DeviceDescription } from "../parts/device.ts";
import { ANSWER_OF_BUS, POLL_OF_BUS, serialPort, wattsMax } from "../parts/fields.ts";
import { activeLow, lineKey, opening } from "../parts/line-fields.ts";
import { leastLimitWh, meterProblems } from "./checks.ts";
import { MOST_REGISTERS } from "./codec.ts";
import { meterCommands } from "./commands.ts";
import { modelNames } from "./model.ts";
import { networkPlace } from "./place.ts";
import { WORD_ORDERS } from "./registers.ts";

/** Host and port follow, as a listener has them. */
const busPort = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const isPort = text.startsWith("tcp://") ? networkPlace(text) !== null : serialPort.safeParse(text).success;
    if (!isPort) context.addIssue({ code: "custom" });
  })
  .meta({
    form: "path of a serial port, or `tcp://HOST:PORT`",
    ...about(
      "Where the meter is: a serial port by a name that stays the same when plugs change, or an address of its network. One kiosk alone asks there.",
      "/dev/kioskd/rs485",
      "tcp://192.168.1.20:502",
    ),
  });

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
  registers: z
    .int()
    .min(1)
    .max(MOST_REGISTERS)
    .optional()
    .meta(
      about(
        "How many registers are asked for, from the first on. Without it as many as the type takes. More for a meter that answers no fewer.",
        4,
      ),
    ),
  wordOrder: z
    .enum(WORD_ORDERS)
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
    type: z.enum(["float32", "float64", "uint32", "int32", "uint64", "int64"]).meta(about(asWritten, "float32")),
    whPerCount: z
      .number()
      .positive()
      .max(1_000_000)
      .meta(about("How many watt-hours one count is: 1000 where the register counts kWh.", 1_000)),
    stepWh: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .meta(
        about(
          "What the register goes up by at once, in watt-hours. Without it what one count is, 10 for a float. A sale may be charged up to a step too much or too little: above 10 there is a warning at the start, and 1000 is refused.",
          100,
        ),
      ),
    lag: duration("100ms", "2m")
      .optional()
      .meta(
        about(
          "How late the registers may be, as for a meter that writes them every 10 s. Without it `1s`. The contactor opens so much earlier.",
          "10s",
        ),
      ),
    power: ownPower.optional(),
  })
  .meta({ description: "The energy register of a meter that is not among the known ones." });

const schema = z
  .strictObject({
    driver: z.literal("modbus-meter").meta(about("A meter on RS-485.", "modbus-meter")),
    port: busPort,
    framing: z
      .enum(["tcp", "rtu"])
      .default("tcp")
      .meta(
        about(
          "Of a port on a network: tcp for a device that speaks Modbus TCP, rtu for a gateway that hands on the bytes of a serial line.",
          "rtu",
        ),
      ),
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
    meter: z.union([z.enum(modelNames()), ownRegister]).meta(
      about("Which meter it is, of those in docs/meters.md, or where another one has its energy.", "sdm630", {
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
  files: [{ kind: "dispute", what: "what is disputed at" }],
  eitherOr: { key: "contactor", ways: ["line", "coil"] },
  facts: ({ port: path, baudRate, parity, framing, unit, contactor, meter, maxPower }) => ({
    port: {
      path,
      ...(networkPlace(path) === null ? { alike: { baudRate, parity } } : { alike: { framing }, isRemote: true }),
      own: [
        { at: ["unit"], name: `unit ${unit}` },
        ...("coil" in contactor
          ? [{ at: ["contactor", "coil"], name: `coil ${contactor.coil} of unit ${contactor.unit ?? unit}` }]
          : []),
      ],
    },
    lines: "line" in contactor ? opening(["contactor", "line"], contactor) : [],
    leastLimitBase: leastLimitWh(meter, maxPower),
  }),
  problems: ({ meter, invert }) => meterProblems(meter, invert),
  commands: [meterCommands],
};
