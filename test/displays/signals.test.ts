import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { cueOf } from "../../src/displays/signals/cue.ts";
import { Signals } from "../../src/displays/signals/signals.ts";
import { declined, done } from "../../src/ports/outcome.ts";
import { Shared } from "../../src/wiring/devices.ts";
import { openSignals } from "../../src/wiring/signals.ts";
import { simulatedLines } from "../support/gpio-lines.ts";
import { SILENT } from "../support/silent-log.ts";
import { VIEWS } from "../support/views.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

type Name = keyof typeof VIEWS;

const LIFE = { number: 1, alive: true };

/** Until all that follows at once has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("what a customer is told beside the screen", () => {
  it.each([
    ["choose", "preparing", null],
    ["preparing", "scan", "ready"],
    ["scan", "scan-again", "failed"],
    ["scan", "confirm", null],
    ["scan", "scan-ending", null],
    ["confirm", "begin", "approved"],
    ["scan", "live", "approved"],
    ["begin", "live", null],
    ["live", "live-ending", null],
    ["live", "stopping", null],
    ["live", "settling", null],
    ["settling", "thanks", "ended"],
    ["settling", "stopped-by-fault", "failed"],
    ["settling", "stopped-by-staff", "failed"],
    ["releasing", "nothing-dispensed", "ended"],
    ["scan", "canceled", "ended"],
    ["scan", "declined", "failed"],
    ["scan", "expired", "failed"],
    ["preparing", "unavailable", "failed"],
    ["settling", "in-review", "failed"],
    ["settling", "staff-decides", "failed"],
    ["thanks", "choose", null],
    ["choose", "out-of-service", null],
  ] as const)("from %s to %s: %s", (before: Name, now: Name, cue) => {
    expect(cueOf(VIEWS[before](), VIEWS[now]())).toBe(cue);
  });

  it("is nothing at the start, and not twice", () => {
    expect(cueOf(undefined, VIEWS.thanks())).toBeNull();
    expect(cueOf(VIEWS.thanks(), VIEWS.thanks())).toBeNull();
  });
});

/** What was wrong, and `null` when it was over; and the levels over time, as lengths of on and off. */
async function started(lines = simulatedLines(), activeLow = false) {
  const time = new VirtualTime(Date.now());
  const told: (string | null)[] = [];
  const take = (line: string) => () => lines.gpio.output(line, { activeLow });
  const signals = new Signals(
    [{ id: "1", lamp: take("GPIO24"), beeper: take("GPIO25") }],
    clockOf(time, LIFE),
    (_, each) => told.push(each),
  );
  await settled();
  return {
    ...{ signals, told, lines },
    show: async (view: PositionView) => {
      signals.show({ positions: [view] });
      await settled();
    },
    levels: async (line: string, durationMs: number) => {
      const seen: [boolean, number][] = [];
      let isOver = false;
      time.after(durationMs, () => {
        isOver = true;
      });
      while (!isOver) {
        const [level, fromMs] = [lines.level(line), time.elapsedMs];
        await time.step();
        const lastedMs = time.elapsedMs - fromMs;
        const last = seen.at(-1);
        if (last?.[0] === level) last[1] += lastedMs;
        else seen.push([level, lastedMs]);
      }
      return seen;
    },
  };
}

describe("lamp and beeper", () => {
  it("beep twice for approved and once, long, for the end", async () => {
    const { show, levels } = await started();
    await show(VIEWS.scan());
    await levels("GPIO25", 1_000);
    await show(VIEWS.begin());
    expect(await levels("GPIO25", 600)).toEqual([
      [true, 120],
      [false, 120],
      [true, 120],
      [false, 240],
    ]);
    await show(VIEWS.thanks());
    expect(await levels("GPIO25", 1_000)).toEqual([
      [true, 800],
      [false, 200],
    ]);
  });

  it("light from the approval to the end of what flows", async () => {
    const { show, levels, lines } = await started();
    await show(VIEWS.scan());
    await levels("GPIO24", 2_000);
    expect(lines.level("GPIO24")).toBe(false);
    await show(VIEWS.begin());
    await levels("GPIO24", 2_000);
    expect(lines.level("GPIO24")).toBe(true);
    await show(VIEWS.live());
    expect(await levels("GPIO24", 1_000)).toEqual([[true, 1_000]]);
    await show(VIEWS.settling());
    expect(lines.level("GPIO24")).toBe(false);
  });

  it("are off after a restart in a delivery but for the lamp, and off at the end", async () => {
    const { signals, show, lines } = await started();
    await show(VIEWS.live());
    expect([lines.level("GPIO24"), lines.level("GPIO25")]).toEqual([true, false]);
    await Promise.all([signals.close(), settled()]);
    signals.show({ positions: [VIEWS.begin()] });
    await settled();
    expect(lines.level("GPIO24")).toBe(false);
  });

  it("are high while they are off where low is on", async () => {
    const { show, lines } = await started(simulatedLines(), true);
    expect(lines.level("GPIO24")).toBe(true);
    await show(VIEWS.live());
    expect(lines.level("GPIO24")).toBe(false);
  });

  it("light again when lost lines are back", async () => {
    const { signals, show, lines } = await started();
    lines.gpio.onHeld((held) => held && signals.restore());
    await show(VIEWS.live());
    lines.lose();
    lines.regain();
    await settled();
    expect(lines.level("GPIO24")).toBe(true);
  });

  it("that cannot be taken are told, and disturb nothing", async () => {
    const lines = simulatedLines();
    await lines.gpio.output("GPIO24");
    const { show, told } = await started(lines);
    expect(told).toEqual([expect.stringContaining("lamp: ")]);
    await show(VIEWS.live());
    await show(VIEWS.thanks());
    expect(told).toHaveLength(1);
  });

  it("that take no order are told, and told to be well again", async () => {
    const time = new VirtualTime(Date.now());
    const told: (string | null)[] = [];
    let isBroken = true;
    const set = async () => (isBroken ? declined<null>("refused", "EIO") : done(null));
    const lamp = async () => ({ set });
    const signals = new Signals([{ id: "1", lamp, beeper: null }], clockOf(time, LIFE), (_, each) => told.push(each));
    signals.show({ positions: [VIEWS.live()] });
    await settled();
    expect(told).toEqual(["lamp: EIO"]);
    isBroken = false;
    signals.show({ positions: [VIEWS.settling()] });
    await settled();
    expect(told).toEqual(["lamp: EIO", null]);
  });
});

describe("of a configuration", () => {
  const position = { id: "1", signals: { lamp: "GPIO24", beeper: "GPIO25", activeLow: false } };
  const around = (positions: readonly object[], shared: Shared) => ({
    ...{ shared, log: SILENT, clock: clockOf(new VirtualTime(Date.now()), LIFE) },
    config: { positions } as unknown as Config,
  });
  it("open the lines that they share with the dispensers, and come back with them", async () => {
    const lines = simulatedLines();
    const told: unknown[] = [];
    const signals = await openSignals(around([position], new Shared(lines.gpio)), (...each) => told.push(each));
    await settled();
    signals.show({ positions: [VIEWS.live()] });
    await settled();
    expect(lines.level("GPIO24")).toBe(true);
    lines.lose();
    expect(lines.level("GPIO24")).toBe(false);
    lines.regain();
    await settled();
    expect(lines.level("GPIO24")).toBe(true);
    expect(told).toEqual([]);
  });

  it("take no line where none is told", async () => {
    const opened = new Shared();
    void opened.of("gpio", () => Promise.reject(new Error("asked for"))).catch(() => undefined);
    const signals = await openSignals(around([{ id: "1" }], opened), () => expect.unreachable());
    signals.show({ positions: [VIEWS.live()] });
    await signals.close();
  });

  it("keep nothing from starting on a machine without lines, and tell of it once a position", async () => {
    const none = new Shared();
    void none.of("gpio", () => Promise.reject(new Error("no GPIO chip was found"))).catch(() => undefined);
    const told: unknown[] = [];
    const positions = [position, { ...position, id: "2" }];
    const signals = await openSignals(around(positions, none), (...each) => told.push(each));
    await settled();
    signals.show({ positions: [VIEWS.live()] });
    await settled();
    expect(told).toEqual([
      ["1", "lamp: no GPIO chip was found"],
      ["2", "lamp: no GPIO chip was found"],
    ]);
  });
});
