import { paletteOf, propertiesOf, type Theme } from "../../../platform/look/palette.ts";
import { themeAt } from "../../night.ts";
import type { Model } from "./model.ts";

/** What the customer asks for comes before what the owner has set. */
export function themeOf({ isContrast, settings: { look } }: Model): Theme {
  const now = new Date();
  return isContrast ? "contrast" : themeAt(look, now.getHours() * 60 + now.getMinutes());
}

let set = "";

export function setColours(theme: Theme, colour: string | null): void {
  const wanted = `${theme} ${colour}`;
  if (wanted === set) return;
  set = wanted;
  const { style, dataset } = document.documentElement;
  dataset["theme"] = theme;
  for (const [name, value] of propertiesOf(paletteOf(theme, colour))) style.setProperty(name, value);
}
