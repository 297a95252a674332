import {
  ABS_MT_POSITION_X,
  ABS_MT_POSITION_Y,
  ABS_MT_SLOT,
  ABS_MT_TRACKING_ID,
  ABS_X,
  ABS_Y,
  BTN_TOUCH,
  EV_ABS,
  EV_KEY,
  EV_SYN,
  type InputEvent,
  SYN_DROPPED,
  SYN_REPORT,
} from "./input-events.ts";
import type { Turn } from "./paint.ts";

/** How the touch panel's own units lie on the screen; `swapAxes` is done first. */
export interface TouchAxes {
  /** The largest value of its X axis, and of its Y axis. */
  readonly widthUnits: number;
  readonly heightUnits: number;
  readonly swapAxes: boolean;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

export interface Contact {
  readonly kind: "down" | "up";
  /** In the framebuffer's own directions, from 0 to 1. */
  readonly across: number;
  readonly down: number;
}

/** Follows the first finger through the kernel's events, of a single-touch or a multitouch (type B) panel. */
export class TouchReader {
  readonly #axes: TouchAxes;
  #x: number | null = null;
  #y: number | null = null;
  #slot = 0;
  #isMulti = false;
  #isDown = false;
  #wasDown = false;
  #isDropping = false;

  constructor(axes: TouchAxes) {
    this.#axes = axes;
  }

  accept(event: InputEvent): Contact | null {
    if (event.type === EV_SYN && event.code === SYN_DROPPED) return this.#drop();
    if (this.#isDropping) {
      this.#isDropping = event.type !== EV_SYN || event.code !== SYN_REPORT;
      return null;
    }
    if (event.type === EV_ABS) this.#onAxis(event);
    else if (event.type === EV_KEY && event.code === BTN_TOUCH && !this.#isMulti) this.#isDown = event.value !== 0;
    else if (event.type === EV_SYN && event.code === SYN_REPORT) return this.#report();
    return null;
  }

  /** Forgets a finger whose lifting may never be told. */
  reset(): void {
    this.#isDown = false;
    this.#wasDown = false;
  }

  /** The kernel has lost events, and what comes before its next report is a part of one: the finger lifts nowhere. */
  #drop(): Contact | null {
    const wasDown = this.#wasDown;
    this.reset();
    this.#isDropping = true;
    return wasDown ? { kind: "up", across: Number.NaN, down: Number.NaN } : null;
  }

  #onAxis({ code, value }: InputEvent): void {
    if (code === ABS_MT_SLOT) this.#slot = value;
    else if (code === ABS_MT_TRACKING_ID) {
      this.#isMulti = true;
      if (this.#slot === 0) this.#isDown = value >= 0;
    } else if (code === ABS_MT_POSITION_X || (code === ABS_X && !this.#isMulti)) {
      if (this.#slot === 0) this.#x = value;
    } else if (code === ABS_MT_POSITION_Y || (code === ABS_Y && !this.#isMulti)) {
      if (this.#slot === 0) this.#y = value;
    }
  }

  #report(): Contact | null {
    if (this.#isDown === this.#wasDown || this.#x === null || this.#y === null) return null;
    this.#wasDown = this.#isDown;
    const { widthUnits, heightUnits, swapAxes, flipX, flipY } = this.#axes;
    const x = this.#x / widthUnits;
    const y = this.#y / heightUnits;
    const [across, down] = swapAxes ? [y, x] : [x, y];
    return {
      kind: this.#isDown ? "down" : "up",
      across: flipX ? 1 - across : across,
      down: flipY ? 1 - down : down,
    };
  }
}

/** Where a contact lies on a screen that is drawn turned: the way back from `paint`. */
export function onTurned({ across, down }: Contact, turn: Turn): { readonly across: number; readonly down: number } {
  switch (turn) {
    case 0:
      return { across, down };
    case 90:
      return { across: down, down: 1 - across };
    case 180:
      return { across: 1 - across, down: 1 - down };
    case 270:
      return { across: 1 - down, down: across };
  }
}
