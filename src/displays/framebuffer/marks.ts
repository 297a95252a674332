import type { Weight } from "./drawing.ts";

/** In pixels, from the upper left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Align = "left" | "center" | "right";

/** What a text's colour tells; the palette has it. */
export type Tone = "plain" | "quiet" | "action" | "good" | "bad" | "onAction" | "onStop" | "onWarn";

export type Look = "choice" | "primary" | "secondary" | "stop" | "tile";

/** Light words on a dark ground. */
export function isFilled(look: Look): boolean {
  return look !== "secondary" && look !== "tile";
}

/** One thing on the screen, where it stands. */
export type Mark =
  | {
      readonly kind: "text";
      readonly rect: Rect;
      readonly text: string;
      readonly fontPx: number;
      readonly weight: Weight;
      readonly tone: Tone;
      readonly align: Align;
    }
  | { readonly kind: "button"; readonly rect: Rect; readonly id: string; readonly look: Look }
  | { readonly kind: "panel"; readonly rect: Rect }
  | { readonly kind: "bar"; readonly rect: Rect; readonly share: number }
  | { readonly kind: "code"; readonly rect: Rect; readonly text: string; readonly modulePx: number };

/** Something that takes room: asked how much, then told where. */
export interface Node {
  /** With less, something is cut. */
  readonly leastWidthPx: number;
  /** As wide as it is when nothing presses it. */
  readonly widthPx: number;
  heightPx(widthPx: number): number;
  place(rect: Rect, marks: Mark[]): void;
  /** Takes its part of what a stack has left over. */
  readonly isSpring?: true;
}
