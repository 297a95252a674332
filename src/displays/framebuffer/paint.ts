import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import type { Palette } from "../../platform/look/palette.ts";
import { codeOf } from "../code.ts";
import { CAPITAL_EM, QUIET_MODULES } from "../panel.ts";
import { FONT } from "./drawing.ts";
import { type Align, isFilled, type Look, type Mark, type Rect, type Tone } from "./marks.ts";

/** A text can be narrower than its place, which has room for any digit. */
const ANCHORS: Readonly<Record<Align, number>> = { left: 0, center: 0.5, right: 1 };

export interface Emphasis {
  /** Drawn with a ring: where the keys are. */
  readonly focusedId: string | null;
  /** Under a finger. */
  readonly pressedId: string | null;
}

/** Of letters: on the ground, on what is filled, on what stops, on what warns. */
function colourOf(tone: Tone, palette: Palette): string {
  return { ...palette, plain: palette.ink }[tone];
}

export type Turn = 0 | 90 | 180 | 270;

/** Draws marks for a screen that is mounted so many degrees clockwise. */
export function paint(canvas: Canvas, marks: readonly Mark[], emphasis: Emphasis, turn: Turn, palette: Palette): void {
  const context = canvas.getContext("2d");
  context.resetTransform();
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(turn === 90 || turn === 180 ? canvas.width : 0, turn === 180 || turn === 270 ? canvas.height : 0);
  context.rotate((turn * Math.PI) / 180);
  for (const mark of marks) paintMark(context, mark, emphasis, palette);
}

function paintMark(context: SKRSContext2D, mark: Mark, emphasis: Emphasis, palette: Palette): void {
  const { rect } = mark;
  switch (mark.kind) {
    case "text":
      context.font = `${mark.weight} ${mark.fontPx}px ${FONT}`;
      context.fillStyle = colourOf(mark.tone, palette);
      context.textAlign = mark.align;
      context.fillText(
        mark.text,
        rect.x + rect.width * ANCHORS[mark.align],
        rect.y + (rect.height + mark.fontPx * CAPITAL_EM) / 2,
      );
      return;
    case "panel":
      box(context, rect, palette.warn, null);
      return;
    case "button":
      paintButton(context, mark.rect, mark.look, mark.id === emphasis.pressedId, palette);
      if (mark.id === emphasis.focusedId) ring(context, rect, palette);
      return;
    case "bar":
      box(context, rect, palette.soft, null);
      if (mark.share > 0) box(context, { ...rect, width: Math.round(rect.width * mark.share) }, palette.action, null);
      return;
    case "code":
      paintCode(context, rect, mark.text, mark.modulePx);
  }
}

function paintButton(context: SKRSContext2D, rect: Rect, look: Look, isPressed: boolean, palette: Palette): void {
  const fill = look === "stop" ? palette.stop : palette.action;
  if (isFilled(look)) box(context, rect, isPressed ? palette.ink : fill, null);
  else box(context, rect, isPressed ? palette.soft : palette.paper, palette.line);
}

function box(context: SKRSContext2D, { x, y, width, height }: Rect, fill: string, line: string | null): void {
  const radius = Math.min(8, width / 2, height / 2);
  context.beginPath();
  context.roundRect(x + 1, y + 1, Math.max(0, width - 2), Math.max(0, height - 2), radius);
  context.fillStyle = fill;
  context.fill();
  if (line === null) return;
  context.strokeStyle = line;
  context.lineWidth = Math.max(2, Math.round(Math.min(width, height) / 40));
  context.stroke();
}

/** The ground between the button and the ring, so that it is seen on any of them. */
function ring(context: SKRSContext2D, { x, y, width, height }: Rect, palette: Palette): void {
  for (const [color, lineWidth, inPx] of [
    [palette.ink, 5, 1],
    [palette.paper, 3, 5],
  ] as const) {
    context.beginPath();
    context.roundRect(x + inPx, y + inPx, width - 2 * inPx, height - 2 * inPx, 8);
    context.strokeStyle = color;
    context.lineWidth = lineWidth;
    context.stroke();
  }
}

function paintCode(context: SKRSContext2D, rect: Rect, text: string, modulePx: number): void {
  const { modules, isDark } = codeOf(text);
  context.fillStyle = "#ffffff";
  context.fillRect(rect.x, rect.y, rect.width, rect.height);
  context.fillStyle = "#000000";
  const left = rect.x + QUIET_MODULES * modulePx;
  const top = rect.y + QUIET_MODULES * modulePx;
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (isDark(column, row)) {
        context.fillRect(left + column * modulePx, top + row * modulePx, modulePx, modulePx);
      }
    }
  }
}
