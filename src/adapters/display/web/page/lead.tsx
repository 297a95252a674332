import type { VNode } from "preact";
import { WARNING_MS } from "../../../../core/sale/timing.ts";
import type { Message } from "../../../../core/sale/view.ts";
import type { ScreenKind } from "../../screen.ts";
import type { TimedProps } from "./frame.tsx";
import { ActionButton, Ring } from "./parts.tsx";
import { Picture, type PictureName } from "./pictures.tsx";

/** From which level on a screen does without its detail, and without its title. */
const DETAIL_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = {
  scan: 1,
  begin: 5,
  choose: 6,
  busy: 5,
  confirm: 7,
};
const TITLE_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = { live: 2, scan: 8, ended: 8, "out-of-service": 8 };

/** What to do now; or the question whether anybody is there, in its place. */
export function Lead(props: TimedProps): VNode {
  const { screen, view, isWarned } = props;
  const { kind, title, detail } = screen;
  const picture = leadPicture(kind, view?.message);
  // What is under review is found by its receipt; what failed is helped by what to do next.
  const [titleUntil, detailUntil] =
    view?.message === "in-review" ? [undefined, 8] : [TITLE_UNTIL[kind], DETAIL_UNTIL[kind]];
  return (
    <div class="lead" data-box="" aria-live="polite">
      {picture === null || isWarned ? null : <Picture name={picture} data-until="4" />}
      <h1 data-until={isWarned ? (kind === "live" ? 2 : 3) : titleUntil}>{title}</h1>
      {kind === "scan" && !isWarned ? <Picture name="scan" data-from="8" /> : null}
      {detail === "" ? null : (
        <p class="detail" data-until={isWarned ? 2 : detailUntil}>
          {detail}
        </p>
      )}
      {isWarned ? <Warning {...props} /> : null}
    </div>
  );
}

const ENDED: Readonly<Partial<Record<Message, PictureName>>> = {
  "in-review": "review",
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
function Warning({ screen, model, hand, leftMs }: TimedProps): VNode {
  const { labels } = model.language.texts;
  const extend = screen.timeout?.extend ?? null;
  return (
    <div class="warning" role="alertdialog" aria-label={labels.stillThere} data-box="">
      <Ring leftMs={leftMs ?? 0} wholeMs={WARNING_MS} label={labels.timeLeft} />
      <p data-until="6">{extend === null ? labels.timeLeft : labels.stillThere}</p>
      {extend === null ? null : <ActionButton action={extend} hand={hand} />}
    </div>
  );
}
