import type { VNode } from "preact";
import type { Screen } from "../../screen.ts";
import type { ScreenProps } from "./frame.tsx";
import { Terms } from "./info.tsx";
import { FigureView, Share } from "./parts.tsx";
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
export function Body({ screen, view, model }: ScreenProps): VNode | null {
  const { kind, figures, steps, share } = screen;
  const { format, texts } = model.language;
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
          <Terms screen={screen} until={4} />
        </div>
      );
    case "confirm":
      return <Picture class="picture body" name="confirm" data-until="4" />;
    case "begin":
      return <Picture class="picture body" name={SERVICES[view?.product.unit ?? ""] ?? "other"} data-until="4" />;
    case "live":
      return (
        <div class="body" data-box="">
          <div class="figures" data-box="">
            {figures.map((figure) => (
              <FigureView
                key={figure.role}
                figure={figure}
                size={figure.role === "unit-price" ? "middle" : "big"}
                isRunning={figure.role !== "unit-price"}
                labelUntil={figure.role === "amount" ? 5 : 3}
              />
            ))}
          </div>
          {share === null ? null : (
            <Share
              share={share}
              text={format.percent(String(Math.floor(share * 100)))}
              words={texts.labels.used}
              until={8}
            />
          )}
        </div>
      );
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

const FIGURE_UNTIL: Readonly<Record<string, number>> = { quantity: 5, reserved: 6, freed: 7 };

function Figures({ screen }: { screen: Screen }): VNode {
  return (
    <div class="figures rows" data-box="">
      {screen.figures.map((figure) => (
        <FigureView
          key={figure.role}
          figure={figure}
          size={figure.role === "amount" ? "big" : figure.role === "reference" ? "small" : "middle"}
          until={FIGURE_UNTIL[figure.role]}
        />
      ))}
    </div>
  );
}
