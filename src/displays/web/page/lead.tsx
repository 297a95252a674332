import type { VNode } from "preact";
import { WARNING_MS } from "../../../core/sale/timing.ts";
import type { Message } from "../../../core/sale/view.ts";
import { untilOf } from "../../giving-way.ts";
import { type Action, isWithStaff, type ScreenKind } from "../../screen.ts";
import type { TimedProps } from "./frame.tsx";
import { ActionButton, Ring } from "./parts.tsx";
import { Picture, type PictureName } from "./pictures.tsx";

/** What to do now; or the question whether anybody is there, in its place. */
export function Lead(props: TimedProps): VNode {
  const { screen, view, time } = props;
  const { isWarned } = time;
  const { kind, title, detail } = screen;
  const picture = screen.isBrokenOff ? "warning" : leadPicture(kind, view?.message);
  // While numbers run they must not move: there the question always has its room, and lies where the title was.
  const isReserved = kind === "live";
  const part = view !== null && isWithStaff(view) ? "detailOfReview" : (`detail ${kind}` as const);
  return (
    <div class={screen.isBrokenOff ? "lead broken-off" : "lead"} data-box="" aria-live="polite">
      {picture === null || isWarned ? null : (
        <Picture class={`picture sign-${picture}`} name={picture} data-until={untilOf("pictures")} />
      )}
      <h1 class={isReserved && isWarned ? "away" : ""} data-until={titleUntil(kind, isWarned && !isReserved)}>
        {title}
      </h1>
      {detail === "" ? null : (
        <p class="detail" data-until={untilOf(isWarned ? "detailWhenAsked" : part)}>
          {detail}
        </p>
      )}
      {isWarned || isReserved ? <Warning {...props} /> : null}
    </div>
  );
}

function titleUntil(kind: ScreenKind, isInTheWay: boolean): number | undefined {
  if (isInTheWay) return untilOf("titleWhenAsked");
  return kind === "choose" ? untilOf("titleOfChoice") : undefined;
}

const ENDED: Readonly<Partial<Record<Message, PictureName>>> = {
  "in-review": "review",
  "staff-decides": "review",
  expired: "clock",
  declined: "warning",
  unavailable: "warning",
  failed: "warning",
};

function leadPicture(kind: ScreenKind, message: Message | undefined): PictureName | null {
  switch (kind) {
    case "paid":
      return "done";
    case "ended":
      return (message === undefined ? undefined : ENDED[message]) ?? "notDone";
    case "out-of-service":
      return "closed";
    case "no-connection":
      return "unconnected";
    default:
      return null;
  }
}

/** Stands in the place of what to do: it covers neither code nor amount nor what stops the sale. */
function Warning({ model, hand, time: { leftMs, isWarned, extend: asked } }: TimedProps): VNode {
  const { labels } = model.session.language.texts;
  const extend: Action | null = isWarned ? asked : { kind: "extend", label: labels.extend };
  return (
    <div class={isWarned ? "warning" : "warning away"} role="alertdialog" aria-label={labels.stillThere} data-box="">
      <Ring leftMs={leftMs ?? 0} wholeMs={WARNING_MS} label={labels.timeLeft} />
      <p data-until={untilOf("question")}>{extend === null ? labels.timeLeft : labels.stillThere}</p>
      {extend === null ? null : <ActionButton action={extend} hand={hand} />}
    </div>
  );
}
