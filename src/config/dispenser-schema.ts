import { z } from "zod";
import { about, decimal, duration, file } from "./fields.ts";
import { activeLow, alive, inputLine, lineKey, outputLine, pulseLine } from "./lines.ts";

const port = z
  .string()
  .regex(/^\/\S{1,200}$/, "expected a device's path, such as /dev/serial/by-id/usb-FTDI-if00-port0")
  .meta({
    form: "path of a serial port",
    ...about("The serial port of the device. Take a name that stays the same when plugs change.", "/dev/kioskd/rs485"),
  });
const unitAddress = z.int().min(1).max(247);

const wattsMax = (mostW: number) =>
  z
    .int()
    .min(100)
    .max(mostW)
    .default(22_000)
    .meta(
      about(
        "The most that the charger can deliver, in watts. An energy that rises faster is not believed, and a fault.",
        11_000,
      ),
    );
const pulsesAfterClosing = z.int().min(0).max(1_000);
const goodsMax = z
  .int()
  .min(1)
  .max(20)
  .default(1)
  .meta(about("How many goods one payment may buy, as long as the money lasts.", 3));
const pollOfBus = "How often the device is asked. Longer when several share one line.";
const answerOfBus = "How long an answer of the device is waited for. Longer on a line with a slow converter.";

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

const dart = z
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
          "Decimals of the litres that the pump sends: a setting of the pump. A wrong one makes sales wrong by 10.",
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
          "Decimals of the price as the pump shows it; with it the daemon sets the price there. Without it the pump keeps its own price.",
          2,
        ),
      ),
    pollInterval: duration("20ms", "2s").prefault("200ms").meta(about(pollOfBus, "400ms")),
    answerTimeout: duration("25ms", "2s").prefault("150ms").meta(about(answerOfBus, "300ms")),
  })
  .meta({ description: "A fuel pump on an RS-485 line by the protocol DART (Wayne, Dover, Mepsan, Mekser)." });

const modbusContactor = z
  .union([
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
  .meta(
    about(
      "What switches the socket on: a line of the header, or a coil of a Modbus device.",
      { line: "GPIO17" },
      { coil: 0, unit: 2 },
    ),
  );

const ownRegister = z
  .strictObject({
    function: z
      .union([z.literal(3), z.literal(4)])
      .meta(about("By which Modbus function it is read: 3 holding, 4 input register.", 4)),
    address: z.int().min(0).max(65_535).meta(about("The number of the first register, counted from 0.", 342)),
    type: z
      .enum(["float32", "uint32", "int32", "uint64"])
      .meta(about("How the number is written, by the meter's manual.", "float32")),
    wordOrder: z
      .enum(["high-first", "low-first"])
      .default("high-first")
      .meta(about("Which half of the number comes first.", "low-first")),
    whPerCount: z
      .number()
      .positive()
      .max(1_000_000)
      .meta(about("How many watt-hours one count is: 1000 where the register counts kWh.", 1_000)),
  })
  .meta({ description: "The energy register of a meter that is not among the known ones." });

const modbusMeter = z
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
    unit: unitAddress.default(1).meta(about("The meter's Modbus address.", 2)),
    meter: z.union([z.enum(["sdm72", "sdm120", "sdm220", "sdm230", "sdm630"]), ownRegister]).meta(
      about("Which meter it is, or where another one has its energy.", "sdm630", {
        function: 4,
        address: 342,
        type: "float32",
        whPerCount: 1_000,
      }),
    ),
    contactor: modbusContactor,
    maxPower: wattsMax(1_000_000),
    pollInterval: duration("50ms", "1s").prefault("250ms").meta(about(pollOfBus, "500ms")),
    answerTimeout: duration("50ms", "2s").prefault("300ms").meta(about(answerOfBus, "500ms")),
  })
  .meta({ description: "A socket by a meter on a Modbus line and a contactor." });

const rapi = z
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
  })
  .meta({ description: "A charger with an OpenEVSE controller on a serial port." });

const mdb = z
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
      .record(z.string().regex(/^\d{1,5}$/, "expected an item's number"), decimal)
      .optional()
      .meta({
        form: "list of item number and decimal in quotes",
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
    maxVends: goodsMax,
    vendTimeout: duration("5s", "5m")
      .prefault("1m")
      .meta(about("How long the machine may take from the approval until it says whether goods came out.", "90s")),
    wantTimeout: duration("10s", "10m")
      .prefault("2m")
      .meta(about("How long goods chosen at the machine wait for the customer to pay.", "3m")),
  })
  .meta({ description: "A vending machine with its own controller, behind an MDB adapter." });

export const dispenser = z
  .discriminatedUnion("driver", [simulated, fuelPulser, relayVend, s0Charger, dart, modbusMeter, rapi, mdb])
  .meta({
    description: "The device that delivers, by its driver; `profile: NAME` takes the settings of an assembly in hw.",
  });
