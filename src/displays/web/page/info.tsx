import type { ComponentChildren, VNode } from "preact";
import { untilOf } from "../../giving-way.ts";
import type { Screen } from "../../screen.ts";
import type { TimedProps } from "./frame.tsx";
import { FigureView, Ring, Share } from "./parts.tsx";
import { Picture } from "./pictures.tsx";

/** What it costs, what is held, how long it may take, whom to ask. */
export function Info(props: TimedProps): VNode | null {
  const { screen, model } = props;
  const { kind, figures, share } = screen;
  switch (kind) {
    case "choose":
      return (
        <Facts>
          {figures.map((figure) => (
            <FigureView
              key={figure.role}
              figure={figure}
              size="middle"
              labelUntil={untilOf(`label choose ${figure.role}`)}
            />
          ))}
          <Terms screen={screen} />
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
              labelUntil={untilOf(`label ${kind} ${figure.role}`)}
            />
          ))}
        </Facts>
      );
    case "live":
      return (
        <Facts>
          {figures
            .filter(({ role }) => role === "unit-price")
            .map((figure) => (
              <FigureView
                key={figure.role}
                figure={figure}
                size="middle"
                labelUntil={untilOf(`label live ${figure.role}`)}
              />
            ))}
          {share === null ? null : <Share share={share} words={model.session.language.texts.labels.used} />}
        </Facts>
      );
    case "receipt":
      return (
        <Facts>
          <Terms screen={screen} />
        </Facts>
      );
    default:
      return screen.needsHelp ? <Support support={model.settings.support} /> : null;
  }
}

let ring = { atMs: 0, wholeMs: 0 };

/** How long the code, or what it asks for, still has; once that is short, the warning says it. */
export function Countdown({ screen: { kind, timeout }, model, time }: TimedProps): VNode | null {
  const { leftMs, isWarned } = time;
  if (timeout === null || leftMs === null || (kind !== "scan" && kind !== "confirm")) return null;
  if (ring.atMs !== timeout.atMs) ring = { atMs: timeout.atMs, wholeMs: leftMs };
  if (isWarned) return null;
  return <Ring leftMs={leftMs} wholeMs={ring.wholeMs} label={model.session.language.texts.labels.timeLeft} />;
}

function Facts({ children }: { children: ComponentChildren }): VNode {
  return (
    <div class="info" data-box="">
      {children}
    </div>
  );
}

export function Terms({ screen: { kind, terms } }: { screen: Screen }): VNode | null {
  if (terms.length === 0) return null;
  return (
    <ul class="terms" data-until={untilOf(`terms ${kind}`)}>
      {terms.map((term) => (
        <li key={term}>{term}</li>
      ))}
    </ul>
  );
}

function Support({ support }: { support: string | null }): VNode | null {
  if (support === null) return null;
  return (
    <p class="info support">
      <Picture name="phone" data-until={untilOf("pictures")} />
      <span>{support}</span>
    </p>
  );
}
