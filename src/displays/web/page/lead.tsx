import type { VNode } from "preact";
import { WARNING_MS } from "../../../core/sale/timing.ts";
import type { Message } from "../../../core/sale/view.ts";
import { type Action, isWithStaff, type ScreenKind } from "../../screen.ts";
import type { TimedProps } from "./frame.tsx";
import { ActionButton, Ring } from "./parts.tsx";
import { Picture, type PictureName } from "./pictures.tsx";

/** From which level on a screen does without its detail: all that is needed is in its title then. */
const DETAIL_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = {
  scan: 1,
  begin: 5,
  choose: 5,
  busy: 5,
  confirm: 7,
};
const WARNED_DETAIL_UNTIL = 2;
const WARNED_TITLE_UNTIL = 3;

/** What to do now; or the question whether anybody is there, in its place. */
export function Lead(props: TimedProps): VNode {
  const { screen, view, time } = props;
  const { isWarned } = time;
  const { kind, title, detail } = screen;
  const picture = leadPicture(kind, view?.message);
  // While numbers run they must not move: there the question always has its room, and lies where the title was.
  const isReserved = kind === "live";
  const detailUntil = view !== null && isWithStaff(view) ? 6 : DETAIL_UNTIL[kind];
  return (
    <div class="lead" data-box="" aria-live="polite">
      {picture === null || isWarned ? null : <Picture name={picture} data-until="4" />}
      <h1
        class={isReserved && isWarned ? "away" : ""}
        data-until={isWarned && !isReserved ? WARNED_TITLE_UNTIL : undefined}
      >
        {title}
      </h1>
      {detail === "" ? null : (
        <p class="detail" data-until={isWarned ? WARNED_DETAIL_UNTIL : detailUntil}>
          {detail}
        </p>
      )}
      {isWarned || isReserved ? <Warning {...props} /> : null}
    </div>
  );
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
      <p data-until="6">{extend === null ? labels.timeLeft : labels.stillThere}</p>
      {extend === null ? null : <ActionButton action={extend} hand={hand} />}
    </div>
  );
}
