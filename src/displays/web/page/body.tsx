import type { VNode } from "preact";
import { untilOf } from "../../giving-way.ts";
import type { Screen } from "../../screen.ts";
import type { ScreenProps } from "./frame.tsx";
import { Terms } from "./info.tsx";
import { FigureView } from "./parts.tsx";
import { Picture, type PictureName } from "./pictures.tsx";

const SERVICES: Readonly<Record<string, PictureName>> = {
  L: "fuel",
  kg: "fuel",
  kWh: "charging",
  pcs: "vending",
  credit: "vending",
};
const STEP_PICTURES: readonly PictureName[] = ["app", "scan", "confirm"];

/** What fills the screen: how to pay, what to take in the hand, the running numbers, the receipt. */
export function Body({ screen, view }: ScreenProps): VNode | null {
  const { kind, figures, steps } = screen;
  switch (kind) {
    case "scan":
      return (
        <div class="body" data-box="">
          <ol class="steps" data-until={untilOf("steps")} data-box="">
            {steps.map((step, index) => (
              <li key={step}>
                <Picture name={STEP_PICTURES[index] ?? "other"} />
                <span>{step}</span>
              </li>
            ))}
          </ol>
          <Terms screen={screen} />
        </div>
      );
    case "confirm":
      return <Picture class="picture body" name="confirm" data-until={untilOf("pictures")} />;
    case "begin":
      return (
        <Picture
          class="picture body"
          name={SERVICES[view?.product.unit ?? ""] ?? "other"}
          data-until={untilOf("pictures")}
        />
      );
    case "live": {
      const running = figures.filter(({ role }) => role !== "unit-price");
      return (
        <div class="body" data-box="">
          <div class="figures" data-box="">
            {running.map((figure) => (
              <FigureView
                key={figure.role}
                figure={figure}
                size="big"
                labelUntil={untilOf(`label live ${figure.role}`)}
              />
            ))}
          </div>
        </div>
      );
    }
    case "busy":
      return (
        <div class="body" data-box="">
          <svg class="busy-mark" viewBox="0 0 64 64" aria-hidden="true" data-until={untilOf("smallPictures")}>
            <circle class="track" cx="32" cy="32" r="26" />
            <path class="turning" d="M32 6a26 26 0 0 1 26 26" />
          </svg>
          {figures.length === 0 ? null : <Figures screen={screen} />}
        </div>
      );
    case "paid":
    case "ended":
      return figures.length === 0 ? null : (
        <div class="body" data-box="">
          <Figures screen={screen} />
        </div>
      );
    default:
      return null;
  }
}

function Figures({ screen: { kind, figures } }: { screen: Screen }): VNode {
  return (
    <div class="figures rows" data-box="">
      {figures.map((figure) => (
        <FigureView
          key={figure.role}
          figure={figure}
          size={figure.role === "amount" ? "big" : figure.role === "reference" ? "small" : "middle"}
          until={untilOf(`figure ${kind} ${figure.role}`)}
          labelUntil={untilOf(`label ${kind} ${figure.role}`)}
        />
      ))}
    </div>
  );
}
