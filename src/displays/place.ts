import type { PositionView } from "../core/sale/view.ts";
import type { Service, Texts } from "./texts/texts.ts";

const SERVICES: Readonly<Record<string, Service>> = {
  L: "fuel",
  kg: "fuel",
  kWh: "charging",
  pcs: "vending",
  credit: "vending",
};

export function serviceOf({ product }: PositionView): Service {
  return SERVICES[product.unit] ?? "other";
}

/** Goods that each have their price have no price of a unit. */
export function hasUnitPrice({ product }: PositionView): boolean {
  return product.unit !== "credit";
}

/** What customers call a position. */
export function placeOf(view: PositionView, { places }: Texts): string {
  return places[serviceOf(view)].replace("{id}", view.id);
}

/** Above all positions: by what they have in common. */
export function boardTitle(views: readonly PositionView[], { choosePlace }: Texts): string {
  const services = new Set(views.map(serviceOf));
  const [first = "other"] = services;
  return choosePlace[services.size === 1 ? first : "other"];
}
