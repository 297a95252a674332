import { figureParts, UNIT_EM, UNIT_GAP_EM } from "../grid.ts";
import { CAPITAL_EM, QUIET_MODULES } from "../panel.ts";
import type { Typeface, Weight } from "./drawing.ts";
import { type Align, isFilled, type Look, type Mark, type Node, type Rect, type Tone } from "./marks.ts";

export interface TextStyle {
  readonly fontPx: number;
  /** From one line to the next, in font sizes. */
  readonly lineEm: number;
  readonly weight?: Weight;
  readonly tone?: Tone;
  readonly align?: Align;
  /** Numbers stay in one piece. */
  readonly isWhole?: boolean;
  /** Broken anywhere: what has no words. */
  readonly isBreakable?: boolean;
}

export const SPRING: Node = {
  isSpring: true,
  leastWidthPx: 0,
  widthPx: 0,
  heightPx: () => 0,
  place: () => undefined,
};

export function words(typeface: Typeface, text: string, style: TextStyle): Node {
  const { fontPx, lineEm, weight = 400, tone = "plain", align = "left", isWhole = false, isBreakable = false } = style;
  const widthOf = (part: string): number => Math.ceil(typeface.widthEm(part, weight) * fontPx);
  const parts = isWhole ? [text] : text.split(isBreakable ? "" : " ").filter((part) => part !== "");
  const linePx = Math.ceil(fontPx * lineEm);
  const wrap = (widthPx: number): readonly string[] => linesOf(parts, isBreakable ? "" : " ", widthPx, widthOf);
  return {
    leastWidthPx: Math.max(0, ...parts.map(widthOf)),
    widthPx: widthOf(text),
    heightPx: (widthPx) => wrap(widthPx).length * linePx,
    place: ({ x, y, width }, marks) => {
      for (const [index, line] of wrap(width).entries()) {
        const lineWidth = widthOf(line);
        const shift = { left: 0, center: Math.floor((width - lineWidth) / 2), right: width - lineWidth }[align];
        const rect = { x: x + shift, y: y + index * linePx, width: lineWidth, height: linePx };
        marks.push({ kind: "text", rect, text: line, fontPx, weight, tone, align });
      }
    },
  };
}

/** Large and heavy the number, its unit beside it smaller and grey, on one baseline; in one piece. */
export function figureWords(typeface: Typeface, text: string, style: TextStyle, textPx: number): Node {
  const { fontPx, lineEm, weight = 400, tone = "plain", align = "left" } = style;
  const unitPx = Math.min(fontPx, Math.max(textPx, Math.ceil(fontPx * UNIT_EM)));
  const gapPx = Math.ceil(fontPx * UNIT_GAP_EM);
  const heightPx = Math.ceil(fontPx * lineEm);
  const unit = { fontPx: unitPx, weight: 400, tone: "quiet" } as const;
  const { before, number, after } = figureParts(text);
  const parts = [
    { text: before, ...unit },
    { text: number, fontPx, weight, tone },
    { text: after, ...unit },
  ]
    .filter((part) => part.text !== "")
    .map((part) => ({ ...part, widthPx: Math.ceil(typeface.widthEm(part.text, part.weight) * part.fontPx) }));
  const widthPx = parts.reduce((sum, part) => sum + part.widthPx, gapPx * (parts.length - 1));
  return {
    leastWidthPx: widthPx,
    widthPx,
    heightPx: () => heightPx,
    place: ({ x, y, width }, marks) => {
      let left = x + (align === "right" ? width - widthPx : 0);
      for (const { widthPx: partPx, ...part } of parts) {
        const linePx = Math.ceil(part.fontPx * lineEm);
        const top = y + Math.floor((heightPx - linePx + (fontPx - part.fontPx) * CAPITAL_EM) / 2);
        marks.push({ kind: "text", rect: { x: left, y: top, width: partPx, height: linePx }, align, ...part });
        left += partPx + gapPx;
      }
    },
  };
}

function linesOf(
  parts: readonly string[],
  joint: string,
  widthPx: number,
  widthOf: (text: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}${joint}${part}`;
    if (line !== "" && widthOf(longer) > widthPx) {
      lines.push(line);
      line = part;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

/** One below the other; springs share what is left over, and need no gap. */
export function stack(children: readonly Node[], gapPx: number): Node {
  const solid = children.filter(({ isSpring }) => isSpring !== true);
  const springs = children.length - solid.length;
  const heightPx = (widthPx: number): number =>
    solid.reduce((sum, child) => sum + child.heightPx(widthPx), Math.max(0, solid.length - 1) * gapPx);
  return {
    leastWidthPx: Math.max(0, ...solid.map(({ leastWidthPx }) => leastWidthPx)),
    widthPx: Math.max(0, ...solid.map(({ widthPx }) => widthPx)),
    heightPx,
    place: ({ x, y, width, height }, marks) => {
      const sparePx = springs === 0 ? 0 : Math.floor(Math.max(0, height - heightPx(width)) / springs);
      let top = y;
      for (const child of children) {
        const childPx = child.isSpring === true ? sparePx : child.heightPx(width);
        child.place({ x, y: top, width, height: childPx }, marks);
        top += child.isSpring === true ? sparePx : childPx + gapPx;
      }
    },
  };
}

/** In the middle of what is higher. */
export function inMiddle(node: Node): Node {
  return {
    ...node,
    place: (rect, marks) => {
      const height = node.heightPx(rect.width);
      node.place({ ...rect, y: rect.y + Math.floor((rect.height - height) / 2), height }, marks);
    },
  };
}

/** Side by side; the left is as wide as told, the right has the rest. */
export function beside(left: Node, right: Node, gapPx: number, leftPx: (widthPx: number) => number): Node {
  const split = (widthPx: number): readonly [number, number] => {
    const leftWidthPx = Math.max(left.leastWidthPx, Math.floor(leftPx(widthPx)));
    return [leftWidthPx, widthPx - gapPx - leftWidthPx];
  };
  return {
    leastWidthPx: left.leastWidthPx + gapPx + right.leastWidthPx,
    widthPx: left.widthPx + gapPx + right.widthPx,
    heightPx: (widthPx) => {
      const [leftWidthPx, rightWidthPx] = split(widthPx);
      if (rightWidthPx < right.leastWidthPx) return Number.POSITIVE_INFINITY;
      return Math.max(left.heightPx(leftWidthPx), right.heightPx(rightWidthPx));
    },
    place: ({ x, y, width, height }, marks) => {
      const [leftWidthPx, rightWidthPx] = split(width);
      left.place({ x, y, width: leftWidthPx, height }, marks);
      right.place({ x: x + leftWidthPx + gapPx, y, width: rightWidthPx, height }, marks);
    },
  };
}

/** Children of the same size, as many in a row as told, or as stand there at their full width; the last fills its row. */
export function grid(children: readonly Node[], gapPx: number, toldColumns: number | null = null): Node {
  const leastWidthPx = Math.max(0, ...children.map((child) => child.leastWidthPx));
  const fullWidthPx = Math.max(0, ...children.map((child) => child.widthPx));
  const shapeOf = (widthPx: number): { columns: number; rows: number; cellPx: number } => {
    const possible = toldColumns ?? Math.floor((widthPx + gapPx) / (fullWidthPx + gapPx));
    const most = Math.max(1, Math.min(possible, children.length));
    const rows = Math.ceil(children.length / most);
    const columns = Math.max(1, Math.ceil(children.length / Math.max(1, rows)));
    return { columns, rows, cellPx: Math.floor((widthPx - (columns - 1) * gapPx) / columns) };
  };
  const rowPx = (cellPx: number): number => Math.max(0, ...children.map((child) => child.heightPx(cellPx)));
  const least = Math.min(toldColumns ?? 1, children.length);
  return {
    leastWidthPx: least * leastWidthPx + Math.max(0, least - 1) * gapPx,
    widthPx: fullWidthPx * children.length + gapPx * Math.max(0, children.length - 1),
    heightPx: (widthPx) => {
      const { rows, cellPx } = shapeOf(widthPx);
      return rows * rowPx(cellPx) + Math.max(0, rows - 1) * gapPx;
    },
    place: ({ x, y, width }, marks) => {
      const { columns, cellPx } = shapeOf(width);
      const height = rowPx(cellPx);
      for (const [index, child] of children.entries()) {
        const left = x + (index % columns) * (cellPx + gapPx);
        const top = y + Math.floor(index / columns) * (height + gapPx);
        const isLast = index === children.length - 1;
        child.place({ x: left, y: top, width: isLast ? x + width - left : cellPx, height }, marks);
      }
    },
  };
}

/** A frame around its content, which stands in its middle. */
export function boxed(content: Node, paddingPx: number, leastPx: number, frame: (rect: Rect) => Mark): Node {
  return {
    leastWidthPx: Math.max(leastPx, content.leastWidthPx + 2 * paddingPx),
    widthPx: Math.max(leastPx, content.widthPx + 2 * paddingPx),
    heightPx: (widthPx) => Math.max(leastPx, content.heightPx(widthPx - 2 * paddingPx) + paddingPx),
    place: (rect, marks) => {
      marks.push(frame(rect));
      const width = rect.width - 2 * paddingPx;
      const height = content.heightPx(width);
      const y = rect.y + Math.floor((rect.height - height) / 2);
      content.place({ x: rect.x + paddingPx, y, width, height }, marks);
    },
  };
}

export function button(
  typeface: Typeface,
  id: string,
  label: string,
  look: Look,
  style: Pick<TextStyle, "fontPx" | "lineEm">,
  paddingPx: number,
  leastPx: number,
): Node {
  const text = words(typeface, label, {
    ...style,
    weight: 700,
    tone: isFilled(look) ? (look === "stop" ? "onStop" : "onAction") : "plain",
    align: "center",
  });
  return boxed(text, paddingPx, leastPx, (rect) => ({ kind: "button", rect, id, look }));
}

export function code(text: string, modules: number, modulePx: number): Node {
  const sidePx = (modules + 2 * QUIET_MODULES) * modulePx;
  return {
    leastWidthPx: sidePx,
    widthPx: sidePx,
    heightPx: () => sidePx,
    place: ({ x, y, width, height }, marks) => {
      const left = x + Math.floor((width - sidePx) / 2);
      const top = y + Math.max(0, Math.floor((height - sidePx) / 2));
      marks.push({ kind: "code", rect: { x: left, y: top, width: sidePx, height: sidePx }, text, modulePx });
    },
  };
}

export function bar(share: number, heightPx: number): Node {
  return {
    leastWidthPx: 0,
    widthPx: 0,
    heightPx: () => heightPx,
    place: (rect, marks) => void marks.push({ kind: "bar", rect: { ...rect, height: heightPx }, share }),
  };
}

/** The first that has the room it wants, else the other. */
export function ifRoom(node: Node, other: Node): Node {
  const at = (widthPx: number): Node => (widthPx >= node.widthPx ? node : other);
  return {
    leastWidthPx: other.leastWidthPx,
    widthPx: node.widthPx,
    heightPx: (widthPx) => at(widthPx).heightPx(widthPx),
    place: (rect, marks) => at(rect.width).place(rect, marks),
  };
}

/** Name on the left, value on the right, on one line; a name that leaves no room stands above its value. */
export function named(name: Node, value: Node, gapPx: number, isInline: boolean): Node {
  const above = stack([name, value], 0);
  if (!isInline) return above;
  const least = name.widthPx + gapPx + value.widthPx;
  const fits = (widthPx: number): boolean => widthPx >= least;
  return {
    leastWidthPx: above.leastWidthPx,
    widthPx: least,
    heightPx: (widthPx) =>
      fits(widthPx) ? Math.max(name.heightPx(widthPx), value.heightPx(widthPx)) : above.heightPx(widthPx),
    place: (rect, marks) => {
      if (!fits(rect.width)) return above.place(rect, marks);
      const height = Math.max(name.heightPx(name.widthPx), value.heightPx(value.widthPx));
      const nameTop = rect.y + Math.floor((height - name.heightPx(name.widthPx)) * 0.8);
      name.place({ ...rect, y: nameTop, width: name.widthPx }, marks);
      const left = rect.x + rect.width - value.widthPx;
      value.place({ x: left, y: rect.y, width: value.widthPx, height }, marks);
    },
  };
}
