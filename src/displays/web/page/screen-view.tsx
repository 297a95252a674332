import type { VNode } from "preact";
import { type TimeLeft, timeLeftOf } from "../../display-session.ts";
import type { Screen } from "../../screen.ts";
import { Body } from "./body.tsx";
import { CodeView, drawn } from "./code-view.tsx";
import { Frame, LanguageScreen, type ScreenProps } from "./frame.tsx";
import { Countdown, Info } from "./info.tsx";
import { Lead } from "./lead.tsx";
import { kioskMs } from "./model.ts";
import { ActionButton } from "./parts.tsx";
import type { Plan } from "./screen-fit.ts";
import { leastModuleOf } from "./sizes.ts";

/** One position's screen: the bar, what to do, what it is about, what to touch. */
export function ScreenView(props: ScreenProps): VNode {
  const { screen, view, oneOfMany, model, hand, epoch } = props;
  const shared = { model, hand, epoch };
  const actions = <Actions {...props} />;
  if (model.isChoosingLanguage) {
    return <LanguageScreen {...shared}>{screen.kind === "live" ? actions : null}</LanguageScreen>;
  }
  const time = timeLeftOf(screen, kioskMs(model));
  return (
    <Frame
      {...shared}
      name={screen.kind}
      label={screen.title}
      content={contentOf(screen, time)}
      plan={planOf(props)}
      where={{ place: screen.place, product: screen.product, isOneOfMany: oneOfMany && view !== null }}
      aside={<Countdown {...props} time={time} />}
    >
      {screen.code === null ? null : (
        <div class="code-place" data-box="">
          <CodeView text={screen.code} label={model.session.language.texts.labels.code} />
        </div>
      )}
      <div class="moment" data-box="">
        <Lead {...props} time={time} />
        <Info {...props} time={time} />
        <Body {...props} />
      </div>
      {actions}
    </Frame>
  );
}

/** All that a layout depends on: of running numbers only how long they are. */
function contentOf(screen: Screen, { isWarned }: TimeLeft): string {
  const { share, timeout, code, figures, ...rest } = screen;
  const shapes = figures.map(({ role, text }) => [role, text.replaceAll(/\d/g, "0")]);
  const warning = screen.kind === "live" ? null : [timeout?.extend, isWarned];
  return JSON.stringify([rest, shapes, code, share === null, warning]);
}

function planOf({ screen, model }: ScreenProps): Plan {
  const parts = partsOf(screen);
  if (screen.code === null) return { parts, isNumbersFirst: screen.kind === "live", code: null };
  const { modules } = drawn(screen.code).code;
  return { parts, code: { modules, leastModulePx: leastModuleOf(model.settings, modules) } };
}

/** What may stand side by side or one above the other. */
function partsOf({ kind, actions }: Screen): number {
  if (kind === "choose") return Math.max(1, actions.length);
  return 1;
}

function Actions({ screen, model, hand }: ScreenProps): VNode | null {
  const { kind, actions } = screen;
  if (actions.length === 0) return null;
  const above = kind === "choose" ? { above: model.session.language.texts.labels.upTo } : {};
  return (
    <div class={kind === "choose" ? "foot choices" : "foot"} data-box="">
      {actions.map((action) => (
        <ActionButton key={`${action.kind} ${action.label}`} action={action} hand={hand} {...above} />
      ))}
    </div>
  );
}
