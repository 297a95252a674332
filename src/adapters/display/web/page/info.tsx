import type { ComponentChildren, VNode } from "preact";
import type { Screen } from "../../screen.ts";
import type { TimedProps } from "./frame.tsx";
import { FigureView, Ring } from "./parts.tsx";
import { Picture } from "./pictures.tsx";

let ring = { atMs: 0, wholeMs: 0 };

/** What it costs, what is held, how long it may take, whom to ask. */
export function Info(props: TimedProps): VNode | null {
  const { screen, model, isWarned, leftMs } = props;
  const { kind, figures, product, timeout } = screen;
  const { labels } = model.language.texts;
  if (timeout !== null && leftMs !== null && ring.atMs !== timeout.atMs) ring = { atMs: timeout.atMs, wholeMs: leftMs };
  switch (kind) {
    case "choose":
      return (
        <Facts>
          <p class="product" data-until="7">
            {product}
          </p>
          {figures.map((figure) => (
            <FigureView key={figure.role} figure={figure} size="middle" labelUntil={2} />
          ))}
          <Terms screen={screen} until={8} />
        </Facts>
      );
    case "scan":
    case "confirm":
    case "begin":
      return (
        <Facts>
          {figures.map((figure) => (
            <FigureView
              key={figure.role}
              figure={figure}
              size="middle"
              labelUntil={figure.role === "reserved" ? 5 : 3}
              until={figure.role === "reserved" ? undefined : 5}
            />
          ))}
          {isWarned || leftMs === null || kind === "begin" ? null : (
            <Ring leftMs={leftMs} wholeMs={ring.wholeMs} label={labels.timeLeft} />
          )}
        </Facts>
      );
    case "live":
      return null;
    case "out-of-service":
    case "no-connection":
      return <Support support={model.settings.support} />;
    default:
      return null;
  }
}

function Facts({ children }: { children: ComponentChildren }): VNode {
  return (
    <div class="info" data-box="">
      {children}
    </div>
  );
}

export function Terms({ screen, until }: { screen: Screen; until: number }): VNode | null {
  if (screen.terms.length === 0) return null;
  return (
    <ul class="terms" data-until={until}>
      {screen.terms.map((term) => (
        <li key={term}>{term}</li>
      ))}
    </ul>
  );
}

function Support({ support }: { support: string | null }): VNode | null {
  if (support === null) return null;
  return (
    <p class="info support">
      <Picture name="phone" data-until="4" />
      <span>{support}</span>
    </p>
  );
}
