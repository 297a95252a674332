import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Display, KioskView } from "../../src/ports/display.ts";

/** What every display must hold to; `views` are the states that it is made to draw. */
export function displayContract(name: string, start: () => Promise<Display>, views: readonly KioskView[]): void {
  describe(`${name} as a display`, () => {
    let display: Display;

    beforeEach(async () => {
      display = await start();
    });

    afterEach(async () => {
      await display.close();
    });

    it("draws every view, in any order and repeatedly, without throwing", () => {
      for (const view of [...views, ...views.toReversed(), ...views]) expect(() => display.show(view)).not.toThrow();
    });

    it("draws a kiosk without positions", () => {
      expect(() => display.show({ positions: [] })).not.toThrow();
    });

    it("ignores a view after its end", async () => {
      await display.close();
      for (const view of views) expect(() => display.show(view)).not.toThrow();
    });

    it("can be closed before it has drawn anything, and more than once", async () => {
      await expect(display.close()).resolves.toBeUndefined();
      await expect(Promise.all([display.close(), display.close()])).resolves.toBeDefined();
    });
  });
}
