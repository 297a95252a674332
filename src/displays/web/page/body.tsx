import type { VNode } from "preact";
import type { Screen } from "../../screen.ts";
import type { ScreenProps } from "./frame.tsx";
import { Terms } from "./info.tsx";
import { FigureView, LIVE_LABELS_UNTIL } from "./parts.tsx";
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
          <ol class="steps" data-until="3" data-box="">
            {steps.map((step, index) => (
              <li key={step}>
                <Picture name={STEP_PICTURES[index] ?? "other"} />
                <span>{step}</span>
              </li>
            ))}
          </ol>
          <Terms screen={screen} until={5} />
        </div>
      );
    case "confirm":
      return <Picture class="picture body" name="confirm" data-until="4" />;
    case "begin":
      return <Picture class="picture body" name={SERVICES[view?.product.unit ?? ""] ?? "other"} data-until="4" />;
    case "live": {
      const running = figures.filter(({ role }) => role !== "unit-price");
      return (
        <div class="body" data-box="">
          <div class="figures" data-box="">
            {running.map((figure) => (
              <FigureView key={figure.role} figure={figure} size="big" isRunning labelUntil={LIVE_LABELS_UNTIL} />
            ))}
          </div>
        </div>
      );
    }
    case "busy":
      return (
        <div class="body" data-box="">
          <svg class="busy-mark" viewBox="0 0 64 64" aria-hidden="true" data-until="6">
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

const QUANTITY_UNTIL = 5;
const REFERENCE_LABEL_UNTIL = 8;

function Figures({ screen }: { screen: Screen }): VNode {
  return (
    <div class="figures rows" data-box="">
      {screen.figures.map((figure) => (
        <FigureView
          key={figure.role}
          figure={figure}
          size={figure.role === "amount" ? "big" : figure.role === "reference" ? "small" : "middle"}
          until={figure.role === "quantity" ? QUANTITY_UNTIL : undefined}
          labelUntil={figure.role === "reference" ? REFERENCE_LABEL_UNTIL : undefined}
        />
      ))}
    </div>
  );
}
