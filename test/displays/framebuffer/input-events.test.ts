import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventBytes, eventsIn } from "../../../src/displays/framebuffer/input-events.ts";
import { onTurned, TouchReader } from "../../../src/displays/framebuffer/touch.ts";
import { eventBytesOf } from "./rig.ts";

const AXES = { widthUnits: 4800, heightUnits: 3200, swapAxes: false, flipX: false, flipY: false };

describe("events", () => {
  it("are 16 bytes on kernels of 32 bits, 24 on others", () => {
    expect(["arm", "ia32", "arm64", "x64", "riscv64"].map(eventBytes)).toEqual([16, 16, 24, 24, 24]);
  });

  it("come out of any pieces whole and in order", () => {
    const event = fc.record({ type: fc.nat(0xffff), code: fc.nat(0xffff), value: fc.integer() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.nat(100), (events, at) => {
        const bytes = eventBytesOf(events.map(({ type, code, value }) => [type, code, value] as const));
        const first = eventsIn(bytes.subarray(0, at), eventBytes());
        const second = eventsIn(Buffer.concat([first.rest, bytes.subarray(at)]), eventBytes());
        expect([...first.events, ...second.events]).toEqual(events);
        expect(second.rest).toHaveLength(0);
      }),
    );
  });

  it("of any kind give contacts that come down and up in turn", () => {
    const event = fc.record({
      type: fc.constantFrom(0, 1, 3),
      code: fc.constantFrom(0, 1, 3, 0x2f, 0x35, 0x36, 0x39, 0x14a),
      value: fc.constantFrom(-1, 0, 1, 100),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const reader = new TouchReader(AXES);
        const kinds = events.flatMap((each) => reader.accept(each)?.kind ?? []);
        expect(kinds).toEqual(kinds.map((_, index) => (index % 2 === 0 ? "down" : "up")));
      }),
    );
  });

  it("lie on a turned picture where the finger is", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, (across, down) => {
        const quarter = onTurned({ kind: "down", across, down }, 90);
        const back = onTurned({ kind: "down", ...quarter }, 270);
        expect(back.across).toBeCloseTo(across);
        expect(back.down).toBeCloseTo(down);
      }),
    );
    expect(onTurned({ kind: "down", across: 1, down: 0 }, 90)).toEqual({ across: 0, down: 0 });
  });
});
