import type { VNode } from "preact";
import type { PositionView } from "../../../core/sale/view.ts";
import { untilOf } from "../../giving-way.ts";
import { boardTitle } from "../../place.ts";
import { tileOf } from "../../screen.ts";
import { Frame, type Shared } from "./frame.tsx";

/** All positions; a touch opens one. */
export function Board({ views, ...shared }: Shared & { views: readonly PositionView[] }): VNode {
  const { language } = shared.model.session;
  const tiles = views.map((view) => ({ ...tileOf(view, language), message: view.message }));
  const content = JSON.stringify(tiles).replaceAll(/\d/g, "0");
  const title = boardTitle(views, language.texts);
  return (
    <Frame {...shared} name="board" label={title} content={content} plan={{ parts: tiles.length, code: null }}>
      <h1 class="over">{title}</h1>
      <div class="moment choices" data-box="">
        {tiles.map(({ id, place, product, title: state, value, message }) => (
          <button
            key={id}
            type="button"
            class="choice tile"
            data-position={id}
            data-message={message}
            data-box=""
            onClick={() => shared.hand.open(id)}
          >
            <span class="place">{place}</span>
            <span class="product" data-until={state === "" ? undefined : untilOf("tileProduct")}>
              {product}
            </span>
            <span class="now" data-box="">
              {state === "" ? null : <span class="state">{state}</span>}
              {value === "" ? null : (
                <span class="worth" data-until={untilOf(state === "" ? "tilePrice" : "tileValue")}>
                  {value}
                </span>
              )}
            </span>
          </button>
        ))}
      </div>
    </Frame>
  );
}
