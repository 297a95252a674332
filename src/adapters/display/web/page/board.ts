import type { PositionView } from "../../../../core/sale/view.ts";
import { element, setText } from "./dom.ts";
import type { Format } from "./format.ts";
import type { Texts } from "./texts.ts";

export interface Tile {
  readonly root: HTMLElement;
  update(view: PositionView): void;
}

/** One position among several: what it sells, how far its sale is; a touch opens it. */
export function tile(texts: Texts, format: Format, open: () => void): Tile {
  const id = element("span", "tile-id");
  const product = element("span", "tile-product");
  const title = element("span", "tile-title");
  const value = element("span", "tile-value");
  const root = element("button", "tile", id, product, title, value);
  root.type = "button";
  root.addEventListener("click", open);
  return {
    root,
    update: (view) => {
      root.dataset["message"] = view.message;
      setText(id, view.id);
      setText(product, view.product.name);
      setText(title, view.message === "choose" ? "" : texts.messages[view.message].title);
      setText(value, valueText(view, format));
    },
  };
}

function valueText(view: PositionView, format: Format): string {
  switch (view.state) {
    case "idle":
      return view.message === "choose" ? format.unitPrice(view) : "";
    case "offering":
    case "offered":
    case "reserved":
      return format.roundAmount(view.reserved ?? "0", view.currency);
    case "dispensing":
    case "settling":
      return `${format.quantity(view)} ${format.unit(view)} · ${format.amount(view.amount, view.currency)}`;
    case "closed":
      return format.amount(view.charged ?? "0", view.currency);
  }
}
