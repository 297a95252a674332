import { element } from "./dom.ts";

const PRESSED_MS = 1_500;

/** A button that cannot be pressed twice in a row by an impatient finger. */
export function button(label: string, className: string, press: () => void): HTMLButtonElement {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", () => {
    made.disabled = true;
    setTimeout(() => {
      made.disabled = false;
    }, PRESSED_MS);
    press();
  });
  return made;
}

/** Rows of name and value; a row without a value is left out. */
export function facts(rows: readonly (readonly [name: string, value: string | null])[]): HTMLElement {
  const list = element("dl", "facts");
  for (const [name, value] of rows) {
    if (value !== null) list.append(element("div", "", element("dt", "", name), element("dd", "", value)));
  }
  return list;
}

/** The code, fetched anew when it does not come, and gone for good with `remove`. */
export function codeImage(url: string, alt: string): HTMLImageElement {
  const image = element("img", "qr");
  image.alt = alt;
  image.src = url;
  image.addEventListener("error", () => {
    image.hidden = true;
    setTimeout(() => {
      if (image.isConnected) image.src = `${url}&again=${Date.now()}`;
    }, 1_000);
  });
  image.addEventListener("load", () => {
    image.hidden = false;
  });
  return image;
}
