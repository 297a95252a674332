import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCommands, encodeReports, ORDER, type Report } from "../../src/devices/dart/application.ts";
import { openDartBus } from "../../src/devices/dart/bus.ts";
import { dartFraming, encodeFrame, shortFrame } from "../../src/devices/dart/codec.ts";
import { parseCommand } from "../../src/devices/mdb/codec.ts";
import { answersFraming, encode, READ_INPUT_REGISTERS } from "../../src/devices/modbus-meter/codec.ts";
import { coilContactor } from "../../src/devices/modbus-meter/contactor.ts";
import { Dispute } from "../../src/devices/modbus-meter/dispute.ts";
import { openModbusMeter } from "../../src/devices/modbus-meter/modbus-meter.ts";
import type { OpenStore } from "../../src/devices/parts/register-file.ts";
import { decodeRapi, encodeRapi, LONGEST_MESSAGE } from "../../src/devices/rapi/codec.ts";
import { openRapiCharger } from "../../src/devices/rapi/driver.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import { textLines } from "../../src/platform/serial/lines-framing.ts";
import { bench, pass as passing, start } from "../devices/mdb/scripted.ts";
import { SILENT } from "../support/silent-log.ts";
import { bytesOf, runs } from "./arbitraries.ts";
import { bound, inTurn, LIMIT_BASE, LyingLine, live } from "./lying-line.ts";

/** A register's file that keeps nothing. */
const NO_DISK: OpenStore = async (initial) => ({
  path: "/memory/register",
  read: async () => initial,
  write: async () => {},
  close: async () => {},
});

/** A pump that tells again and again that it was without power: DC5, alarm 10. */
const ALWAYS_JUST_STARTED = [Uint8Array.from([5, 1, 10]), null];

const figure = fc.constantFrom(0, 1, 99, 100, 150, 200, 250, 5_000, 99_999_999);

describe("a DART pump, whatever it says", () => {
  const report: fc.Arbitrary<Report> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant<"status">("status"), status: fc.nat(10) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant<"filled">("filled"), volume: figure, amount: figure }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant<"totals">("totals"),
        counter: fc.constantFrom(1, 1, 1, 2),
        total: figure,
        meters: fc.tuple(figure, figure),
      }),
    },
    fc.record({ type: fc.constant<"alarm">("alarm"), alarm: fc.nat(12) }),
    fc.record({
      type: fc.constant<"nozzle">("nozzle"),
      price: fc.constantFrom(1_989, 1),
      nozzle: fc.nat(3),
      out: fc.boolean(),
    }),
  );
  const lie = fc.oneof(
    { weight: 6, arbitrary: fc.array(report, { minLength: 1, maxLength: 4 }).map(encodeReports) },
    { weight: 3, arbitrary: fc.constant(null) },
    bytesOf([1, 2, 3, 101, 0xfa], 12),
  );

  it("is authorised only when it was to be armed, with the preset in the same block, and never above the limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lie, { minLength: 1, maxLength: 10 }), async (lies) => {
        const next = inTurn(lies);
        let sequence = 0;
        const answer = (request: Uint8Array): Uint8Array => {
          const [asked] = dartFraming().push(request);
          if (asked?.kind === "data") return encodeFrame(shortFrame(0x50, "ack", asked.sequence));
          const data = next();
          sequence = (sequence + 1) % 16;
          return encodeFrame(data === null ? shortFrame(0x50, "eot") : { address: 0x50, kind: "data", sequence, data });
        };
        const commandsIn = (bytes: Uint8Array) =>
          dartFraming()
            .push(bytes)
            .flatMap(({ data }) => decodeCommands(data) ?? []);
        const sent = await live((clock) => {
          const line = new LyingLine(dartFraming(), clock, answer);
          const bus = openDartBus(line, {}, clock, SILENT);
          const dispenser = bus.pump({ address: 0x50, nozzles: [1], volumeDecimals: 2, priceDigits: 1_989 });
          const starts = (bytes: Uint8Array): boolean =>
            commandsIn(bytes).some(
              (one) => one.type === "order" && [ORDER.authorize, ORDER.resume].includes(one.order as 6),
            );
          return { line, dispenser: { ...bound(dispenser), close: () => bus.close() }, starts };
        });
        for (const commands of sent.map(commandsIn)) {
          const authorises = commands.some((one) => one.type === "order" && one.order === ORDER.authorize);
          const presets = commands.flatMap((one) => (one.type === "preset-volume" ? [one.volume * 10] : []));
          if (authorises) expect(presets).toHaveLength(1);
          for (const presetBase of presets) expect(presetBase).toBeLessThanOrEqual(LIMIT_BASE);
          for (const one of commands) if (one.type === "allowed-nozzles") expect(one.nozzles).toEqual([1]);
        }
      }),
      { ...runs(12), examples: [[ALWAYS_JUST_STARTED]] },
    );
  });
});

describe("a Modbus meter, whatever it says", () => {
  const float = fc.oneof(
    fc.constantFrom(0, 1, 1.01, 1.02, 1_234.56, 5e6, -1, Number.NaN, Number.POSITIVE_INFINITY),
    fc.float(),
  );
  const lie = fc.oneof(
    { weight: 5, arbitrary: float },
    { weight: 1, arbitrary: fc.constantFrom<"silent" | "refused" | "rubbish">("silent", "refused", "rubbish") },
  );

  it("has its contactor closed only when it was to be armed, and opened for good by a stop", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lie, { minLength: 1, maxLength: 12 }), async (lies) => {
        const next = inTurn(lies);
        const answer = (request: Uint8Array): Uint8Array => {
          const said = next();
          const [unit = 0, functionCode = 0] = request;
          if (said === "silent") return new Uint8Array();
          if (said === "rubbish") return Uint8Array.from(request, (byte) => byte ^ 0x55);
          if (said === "refused") return encode({ unit, functionCode: functionCode | 0x80, data: Uint8Array.of(2) });
          if (functionCode !== READ_INPUT_REGISTERS) return request;
          const registers = Buffer.alloc(2 * (request[5] ?? 0));
          registers.writeFloatBE(said, 0);
          return encode({ unit, functionCode, data: Uint8Array.of(registers.length, ...registers) });
        };
        const isWrite = (bytes: Uint8Array): boolean => bytes[1] === 5;
        const dispute = await Dispute.open(NO_DISK, systemClock(), SILENT);
        const sent = await live((clock) => {
          const line = new LyingLine(answersFraming(), clock, answer);
          const contactor = coilContactor({ unit: 1, coil: 7, timeoutMs: 100 }, line);
          const settings = { unit: 1, meter: "sdm230", maxPowerW: 22_000, pollMs: 250, timeoutMs: 100 } as const;
          const dispenser = openModbusMeter(settings, line, clock, SILENT, { contactor, dispute });
          return { line, dispenser, starts: (bytes) => isWrite(bytes) && bytes[4] === 0xff };
        });
        expect(sent.findLast(isWrite)?.[4]).toBe(0);
      }),
      runs(60),
    );
  });
});

describe("a RAPI charger, whatever it says", () => {
  const word = fc.constantFrom(
    "0",
    "1",
    "fe",
    "ff",
    "03",
    "02",
    "0040",
    "0140",
    "4100",
    "3600000",
    "7200000",
    "12",
    "16",
    "x",
  );
  const answer = fc.tuple(fc.constantFrom("OK", "OK", "OK", "NK"), fc.array(word, { maxLength: 4 }));
  const status = fc.tuple(
    fc.constantFrom("fe", "ff", "01", "02", "03", "06"),
    fc.constantFrom("0000", "0040", "0140", "4100"),
  );
  const lie = fc.oneof(
    { weight: 3, arbitrary: status.map(([state, flags]) => ["OK", state, "0", "02", flags]) },
    { weight: 2, arbitrary: fc.tuple(word, word).map((words) => ["OK", ...words]) },
    { weight: 2, arbitrary: answer.map(([kind, words]) => [kind, ...words]) },
    fc.constantFrom(["AB", "00", "5.0.1"], ["AT", "03", "00", "16", "0140"], []),
  );

  it("is enabled only when it was to be armed, and never after a stop", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lie, { minLength: 1, maxLength: 12 }), fc.nat(3), async (lies, honest) => {
        const next = inTurn(lies);
        let asked = 0;
        const reply = (request: Uint8Array): Uint8Array => {
          const message = decodeRapi(Buffer.from(request).toString("latin1").trimEnd());
          const isOrder = message?.words[0]?.startsWith("G") === false;
          const words = isOrder && asked++ % 4 <= honest ? ["OK", "16"] : next();
          const sequence = words[0]?.startsWith("A") === true ? null : (message?.sequence ?? null);
          return words.length === 0 ? new Uint8Array() : encodeRapi({ words, sequence });
        };
        await live((clock) => {
          const line = new LyingLine(textLines({ end: "\r", maxBytes: LONGEST_MESSAGE }), clock, reply);
          const dispenser = openRapiCharger(
            { currentA: 16, maxPowerW: 11_000, bootLock: "expected" },
            line,
            clock,
            SILENT,
          );
          return { line, dispenser, starts: (bytes) => Buffer.from(bytes).toString("latin1").startsWith("$FE") };
        });
      }),
      runs(40),
    );
  });
});

describe("an MDB adapter, whatever it says", () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...[
        "c,VEND,SUCCESS",
        "c,STATUS,IDLE,40.00",
        "c,STATUS,VEND,12.00,1",
        "c,STATUS,VEND,15.00,2",
        "c,STATUS,VEND,0.01,1",
      ],
      ...["c,STATUS,VEND,1200000.00,1", "c,STATUS,ENABLED", "c,STATUS,OFFLINE", "c,SET,OK", "c,1", 'c,ERR,"VEND 3"'],
      ...['c,ERR,"START -1"', 'c,ERR,"cashless is on"', "c,STATUS,VEND,12.00,99999", "c,STATUS,VEND"],
    ),
    fc.string({ maxLength: 40 }),
  );
  const step = fc.tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom(0, 5, 100, 500));

  it("is told of no vend before an arm, of none after a stop, and of none that goes above the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 8 }), { minLength: 3, maxLength: 3 }),
        async ([rest, armed, after]) => {
          const made = bench();
          const { adapter, vending, total } = await start(made);
          const say = async (steps: readonly (readonly [readonly string[], number])[] = []): Promise<number> => {
            const from = adapter.sent.length;
            for (const [lines, ms] of steps) {
              adapter.say(...lines);
              await passing(made.time, ms);
            }
            return adapter.sent.slice(from).reduce((sum, text) => {
              const command = parseCommand(text, 2);
              return sum + (command?.type === "approve" ? command.amountBase : 0);
            }, 0);
          };
          await passing(made.time, 500);
          expect(await say(rest)).toBe(0);
          let isArmed = false;
          void vending.arm(4_000).then(({ kind }) => {
            isArmed = kind === "done";
          });
          await passing(made.time, 200);
          expect(await say(armed)).toBeLessThanOrEqual(isArmed ? 4_000 : 0);
          void vending.stop();
          await passing(made.time, 10);
          expect(await say(after)).toBe(0);
          await passing(made.time, 2_000);
          expect(["done", "declined"]).toContain((await total()).kind);
          expect(await total()).toMatchObject({ kind: "done", value: expect.any(Number) });
        },
      ),
      runs(150),
    );
  });
});
