import type { VNode } from "preact";
import { type Code, codeOf } from "../../code.ts";
import { QUIET_MODULES } from "../../panel.ts";

let last: { readonly text: string; readonly code: Code; readonly path: string } | null = null;

/** The code of a text; the last one is kept, because a screen asks again and again. */
export function drawn(text: string): { readonly code: Code; readonly path: string } {
  if (last?.text !== text) {
    const code = codeOf(text);
    last = { text, code, path: pathOf(code) };
  }
  return last;
}

export function CodeView({ text, label }: { text: string; label: string }): VNode {
  const { code, path } = drawn(text);
  const side = code.modules + 2 * QUIET_MODULES;
  return (
    <svg
      class="code"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      shape-rendering="crispEdges"
      data-modules={code.modules}
    >
      <path fill="#ffffff" d={`M0 0h${side}v${side}H0z`} />
      <path fill="#000000" d={path} />
    </svg>
  );
}

/** Every run of dark modules in a row as one rectangle. */
function pathOf({ modules, isDark }: Code): string {
  let path = "";
  for (let row = 0; row < modules; row += 1) {
    for (let column = 0; column < modules; column += 1) {
      if (!isDark(column, row)) continue;
      const from = column;
      while (column < modules && isDark(column, row)) column += 1;
      path += `M${from + QUIET_MODULES} ${row + QUIET_MODULES}h${column - from}v1h-${column - from}z`;
    }
  }
  return path;
}
