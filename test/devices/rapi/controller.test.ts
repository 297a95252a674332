import { describe, expect, it } from "vitest";
import { decodeRapi, encodeRapi } from "../../../src/devices/rapi/codec.ts";
import { Controller, type Sample } from "../../../src/devices/rapi/controller.ts";
import { backstopKwh, EnergyRegister } from "../../../src/devices/rapi/energy-register.ts";
import type { SerialLine } from "../../../src/platform/serial/line.ts";
import { done, unknown } from "../../../src/ports/outcome.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

const CHARGING = "OK 03 60 03 0140";
const ASLEEP = "OK fe 60 02 0100";
const GONE = "OK fe 60 01 0000";

/** Answers with the next line of the script, whatever is asked; null for no answer. */
function scripted(answers: readonly (string | null)[], asked: string[] = []): Controller {
  const left = [...answers];
  const line: SerialLine<string> = {
    up: true,
    ask: async (request, take) => {
      const message = decodeRapi(Buffer.from(request).toString().slice(0, -1));
      asked.push(message?.words.join(" ") ?? "?");
      const words = left.shift()?.split(" ") ?? null;
      if (words === null) return unknown("no answer");
      const foreign = encodeRapi({ words: ["OK", "1", "1"], sequence: 250 });
      const own = encodeRapi({ words, sequence: message?.sequence ?? null });
      const answer = [foreign, own].map((bytes) => take(Buffer.from(bytes).toString().slice(0, -1)));
      return done(answer.find((one) => one !== undefined) as never);
    },
    tell: async () => done(null),
    onFrame: () => {},
    onLink: () => {},
    close: async () => {},
  };
  return new Controller(line, clockOf(new VirtualTime(0), { number: 1, alive: true }));
}

describe("what a controller says, when its checksum lets a falsehood pass", () => {
  it.each<[string, string[], number, number]>([
    ["all is well", [CHARGING, "OK 7200 50", "OK 7200 50", CHARGING], 7_200, 50],
    [
      "one energy is false",
      [CHARGING, "OK 7200 50", "OK 7600 50", CHARGING, "OK 7200 50", "OK 7200 50", CHARGING],
      7_200,
      50,
    ],
    ["one status is false", [ASLEEP, "OK 9 5", "OK 9 5", CHARGING, CHARGING, "OK 9 5", "OK 9 5", CHARGING], 9, 5],
    [
      "the session ends meanwhile",
      [ASLEEP, "OK 7200 52", "OK 7200 52", GONE, GONE, "OK 7200 52", "OK 7200 52", GONE],
      7_200,
      52,
    ],
  ])("takes a sample that agrees with itself: %s", async (_, script, sessionWs, endedWh) => {
    expect(await scripted(script).sample()).toMatchObject({ kind: "done", value: { sessionWs, endedWh } });
  });

  it("does not know, when nothing ever agrees", async () => {
    const script = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? CHARGING : `OK ${index} 0`));
    expect(await scripted(script).sample()).toMatchObject({ kind: "unknown" });
  });

  it.each([
    ["older firmware's", "OK 3 60"],
    ["a refusal", "NK"],
  ])("does not know, and says what is needed, with %s status", async (_, answer) => {
    expect(await scripted([answer]).sample()).toMatchObject({ kind: "unknown", detail: /RAPI 5/ });
  });

  it("takes a state only when it is told twice", async () => {
    expect(await scripted([ASLEEP, CHARGING, CHARGING]).status()).toMatchObject({ value: { relayClosed: true } });
  });

  it("does not enable again what is no longer wanted", async () => {
    const asked: string[] = [];
    let isWanted = true;
    const controller = scripted([null, "OK"], asked);
    const enabled = controller.enable(() => isWanted);
    isWanted = false;
    expect(await enabled).toMatchObject({ kind: "unknown" });
    expect(asked).toEqual(["FE"]);
  });

  it("orders again what was not answered", async () => {
    const asked: string[] = [];
    expect(await scripted([null, null, "OK"], asked).sleep()).toMatchObject({ kind: "done" });
    expect(asked).toEqual(["FS", "FS", "FS"]);
  });
});

function sampleOf(carConnected: boolean, sessionWs: number, endedWh: number): Sample {
  return { state: 3, relayClosed: true, bootLocked: false, carConnected, sessionWs, endedWh, askedMs: 0 };
}

describe("the totaliser of a charger", () => {
  it.each<[string, [boolean, number, number][], (number | string)[]]>([
    [
      "floors",
      [
        [true, 3_599, 7],
        [true, 3_600, 7],
      ],
      [7, 8],
    ],
    [
      "counts a session once when it ends",
      [
        [true, 7_300, 7],
        [false, 7_300, 9],
        [true, 0, 9],
      ],
      [9, 9, 9],
    ],
    [
      "misses a session that is lost",
      [
        [true, 7_200, 7],
        [true, 0, 7],
      ],
      [9, "the meter went back from 9 to 7 Wh"],
    ],
    [
      "misses one that is lost with its car",
      [
        [true, 7_200, 7],
        [false, 0, 7],
      ],
      [9, "the meter went back from 9 to 7 Wh"],
    ],
    [
      "takes no more than can have flowed",
      [
        [true, 0, 7],
        [true, 0, 17],
      ],
      [7, "the meter jumped from 7 to 17 Wh"],
    ],
  ])("%s", (_, samples, told) => {
    const register = new EnergyRegister(3_600);
    expect(samples.map((sample, index) => register.take(sampleOf(...sample), index * 1_000))).toEqual(told);
  });
});

describe("the charger's own limit", () => {
  it.each<[string, number, number, number, number | null]>([
    ["rounds down while that is far", 0, 5_300, 20, 5],
    ["rounds up when the lower one is near", 4_990, 310, 20, 6],
    ["counts from the plug on", 2_500, 1_600, 20, 4],
    ["is never nothing, which would mean no limit", 0, 300, 20, 1],
    ["rounds down to the limit itself", 0, 3_000, 20, 3],
    ["does not fit", 0, 256_500, 20, null],
  ])("%s", (_, sessionWh, remainingWh, leadWh, limitKwh) => {
    expect(backstopKwh(sessionWh * 3_600, remainingWh, leadWh)).toBe(limitKwh);
  });
});
