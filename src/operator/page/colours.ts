import { paletteOf, propertiesOf } from "../../platform/look/palette.ts";

/** Light or dark, as the reader's system has it. */
export function setColours(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = (): void => {
    const { style } = document.documentElement;
    for (const [name, value] of propertiesOf(paletteOf(dark.matches ? "dark" : "light")))
      style.setProperty(name, value);
  };
  set();
  dark.addEventListener("change", set);
}
