import type { Page } from "playwright-core";

type Places = Readonly<Record<string, number>> | null;

/** Where what all screens share stands, in pixels of the page; null where a screen does not have it. */
interface Shared {
  readonly who: Places;
  readonly chip: Places;
  readonly foot: Places;
}

/** A row may be a pixel higher where a code beside it is. */
const JUMP_PX = 2;

/** What crosses the safe margin, each in a sentence. What a finger has of a button beyond its sign may. */
export async function beyondMargin(page: Page): Promise<readonly string[]> {
  return page.evaluate(`(() => {
    const safe = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--safe"));
    const parts = [...document.querySelectorAll("main :is(p, h1, li, dt, dd, .chip, svg, button:not(.tool), .warning)")];
    const names = [];
    for (const part of parts) {
      const { left, right, top, bottom, width, height } = part.getBoundingClientRect();
      if (width === 0 || height === 0 || !part.checkVisibility({ visibilityProperty: true })) continue;
      const isIn = left >= safe - 2 && right <= innerWidth - safe + 2 && top >= safe - 2 && bottom <= innerHeight - safe + 2;
      if (!isIn) names.push(part.tagName.toLowerCase() + "." + (part.getAttribute("class") ?? "") + " crosses the margin of " + safe + " px");
    }
    return names;
  })()`);
}

export async function sharedPlaces(page: Page): Promise<Shared> {
  return page.evaluate(`(() => {
    const placeOf = (selector, sides) => {
      const found = document.querySelector(selector);
      const box = found?.getBoundingClientRect();
      if (box === undefined || box.width === 0) return null;
      return Object.fromEntries(sides.map((side) => [side, Math.round(box[side])]));
    };
    return {
      who: placeOf(".who", ["left", "top", "bottom"]),
      chip: placeOf(".chip", ["left", "top", "right", "bottom"]),
      // With a code beside it the foot begins further right; its end and its height stay.
      foot: placeOf(".foot:not(.choices)", ["top", "right", "bottom"]),
    };
  })()`);
}

/** What stands elsewhere than on the screens before it, each in a sentence. */
export class Jumps {
  readonly #seen = new Map<string, Places>();

  see(shared: Shared): readonly string[] {
    return Object.entries(shared).flatMap(([part, at]) => {
      if (at === null) return [];
      const first: Places = this.#seen.get(part) ?? at;
      this.#seen.set(part, first);
      const moved = Object.keys(at).filter((side) => Math.abs((at[side] ?? 0) - (first?.[side] ?? 0)) > JUMP_PX);
      return moved.map((side) => `${part} has its ${side} at ${at[side]}, and at ${first?.[side]} before`);
    });
  }
}
