import { z } from "zod";
import { goodsMax, wattsMax } from "./dispenser-fields.ts";
import { about, decimal, duration, itemNumber } from "./fields.ts";
import { activeLow, lineKey, lineName } from "./lines.ts";

const port = z
  .string()
  .regex(/^\/\S{1,200}$/)
  .meta({
    form: "path of a serial port",
    ...about("The serial port of the device. Take a name that stays the same when plugs change.", "/dev/kioskd/rs485"),
  });
const unitAddress = z.int().min(1).max(247);

const pollOfBus = "How often the device is asked. Longer when several share one line.";
const answerOfBus = "How long an answer of the device is waited for. Longer on a line with a slow converter.";

export const dart = z
  .strictObject({
    driver: z.literal("dart").meta(about("A pump that speaks DART.", "dart")),
    port,
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
    pollInterval: duration("20ms", "2s").prefault("200ms").meta(about(pollOfBus, "400ms")),
    answerTimeout: duration("25ms", "2s").prefault("150ms").meta(about(answerOfBus, "300ms")),
  })
  .meta({ description: "A fuel pump on an RS-485 line by the protocol DART (Wayne, Dover, Mepsan, Mekser)." });

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

export const modbusMeter = z
  .strictObject({
    driver: z.literal("modbus-meter").meta(about("A meter on RS-485.", "modbus-meter")),
    port,
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
    meter: z.union([z.enum(["sdm72", "sdm120", "sdm220", "sdm230", "sdm630"]), ownRegister]).meta(
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
    pollInterval: duration("50ms", "1s").prefault("250ms").meta(about(pollOfBus, "500ms")),
    answerTimeout: duration("50ms", "2s").prefault("300ms").meta(about(answerOfBus, "500ms")),
  })
  .meta({ description: "A socket by a meter on a Modbus line and a contactor." });

export const rapi = z
  .strictObject({
    driver: z.literal("rapi").meta(about("An OpenEVSE controller.", "rapi")),
    port,
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

export const mdb = z
  .strictObject({
    driver: z.literal("mdb").meta(about("A vending machine with an MDB bus.", "mdb")),
    port,
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
