import type { Canvas } from "@napi-rs/canvas";
import type { Palette } from "../../platform/look/palette.ts";
import type { Log } from "../../ports/log.ts";
import { codeOf } from "../code.ts";
import type { Drawing } from "./drawing.ts";
import { Focus } from "./focus.ts";
import type { FrameSource } from "./frames.ts";
import type { Geometry } from "./geometry.ts";
import type { Mark } from "./marks.ts";
import type { Page, Press, pageOf } from "./page.ts";
import { Fitter, type Space } from "./page-fit.ts";
import { paint, type Turn } from "./paint.ts";
import { type Contact, onTurned } from "./touch.ts";

interface RendererDeps {
  readonly drawing: Drawing;
  readonly turn: Turn;
  readonly spaceOf: (widthPx: number, heightPx: number) => Space;
  readonly palette: () => Palette;
  readonly page: () => ReturnType<typeof pageOf>;
  readonly log: Log;
}

/** Draws what is to be shown, and knows what stands where on the picture that was drawn last. */
export class Renderer implements FrameSource {
  readonly focus = new Focus();
  pressedId: string | null = null;
  readonly #deps: RendererDeps;
  #canvas: Canvas | null = null;
  #fitter: Fitter | null = null;
  #size = { widthPx: 0, heightPx: 0 };
  #marks: readonly Mark[] = [];
  #presses: ReadonlyMap<string, Press> = new Map();
  #drawnKey = "";
  #hasWarned = false;

  constructor(deps: RendererDeps) {
    this.#deps = deps;
  }

  resize({ widthPx, heightPx }: Geometry): void {
    const { drawing, turn, spaceOf } = this.#deps;
    const isTurned = turn === 90 || turn === 270;
    this.#size = isTurned ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx };
    this.#canvas = drawing.canvas(widthPx, heightPx);
    const space = spaceOf(this.#size.widthPx, this.#size.heightPx);
    this.#fitter = new Fitter(drawing, space, (text) => codeOf(text).modules);
    this.#drawnKey = "";
  }

  draw(): Uint8Array | null {
    if (this.#canvas === null || this.#fitter === null) return null;
    const { page, presses } = this.#deps.page();
    const fitted = this.#fitter.fit(page);
    if (fitted.textScale < 1) this.#warn(page, fitted.textScale);
    this.#marks = fitted.marks;
    this.#presses = presses;
    const emphasis = { focusedId: this.focus.in(this.buttonIds()), pressedId: this.pressedId };
    const palette = this.#deps.palette();
    const key = JSON.stringify([fitted.marks, emphasis, palette.paper]);
    if (key === this.#drawnKey) return null;
    paint(this.#canvas, fitted.marks, emphasis, this.#deps.turn, palette);
    this.#drawnKey = key;
    return this.#canvas.data();
  }

  /** In the order in which they stand. */
  buttonIds(): readonly string[] {
    return this.#marks.flatMap((mark) => (mark.kind === "button" ? [mark.id] : []));
  }

  buttonAt(contact: Contact): string | null {
    const { across, down } = onTurned(contact, this.#deps.turn);
    const x = across * this.#size.widthPx;
    const y = down * this.#size.heightPx;
    const hit = this.#marks.find(
      ({ kind, rect }) =>
        kind === "button" && x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height,
    );
    return hit?.kind === "button" ? hit.id : null;
  }

  pressOf(id: string): Press | null {
    return this.#presses.get(id) ?? null;
  }

  #warn(page: Page, textScale: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const screen = page.kind === "board" ? "board" : page.screen.kind;
    this.#deps.log.warn(
      { screen, ...this.#size, textPercent: Math.floor(textScale * 100) },
      "The panel is too small for its reading distance: text is drawn smaller than it should be. See `kioskd check-config`.",
    );
  }
}
