import { EV_KEY, type InputEvent } from "./input-events.ts";

export type Key = "next" | "previous" | "press" | "back" | "stop";

/** linux/input-event-codes.h */
const KEYS: Readonly<Record<number, Key>> = {
  1: "back", // KEY_ESC
  15: "next", // KEY_TAB
  28: "press", // KEY_ENTER
  96: "press", // KEY_KPENTER
  103: "previous", // KEY_UP
  105: "previous", // KEY_LEFT
  106: "next", // KEY_RIGHT
  108: "next", // KEY_DOWN
  128: "stop", // KEY_STOP
};

/** The key that has gone down; null for anything else, a repeat too. */
export function keyOf({ type, code, value }: InputEvent): Key | null {
  return type === EV_KEY && value === 1 ? (KEYS[code] ?? null) : null;
}

/** Which button the keys stand on; nothing is marked while nobody uses keys. */
export class Focus {
  #id: string | null = null;

  hide(): void {
    this.#id = null;
  }

  /** The button to be marked: the same as before, or the first when that one has gone. */
  in(ids: readonly string[]): string | null {
    if (this.#id === null) return null;
    if (!ids.includes(this.#id)) this.#id = ids[0] ?? null;
    return this.#id;
  }

  /** The first move only shows where it is. */
  move(ids: readonly string[], step: 1 | -1): void {
    const at = this.#id === null ? -1 : ids.indexOf(this.#id);
    this.#id = (at < 0 ? ids[0] : ids[(at + step + ids.length) % ids.length]) ?? null;
  }
}
