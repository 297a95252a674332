/** The colours of everything that people look at, each as `#rrggbb`: page, framebuffer, benches and phones. */
export interface Palette {
  readonly paper: string;
  readonly ink: string;
  /** Of words that only name something. */
  readonly quiet: string;
  readonly soft: string;
  readonly line: string;
  /** What can be touched, and money that runs. */
  readonly action: string;
  readonly onAction: string;
  /** To stop, and nothing else. */
  readonly stop: string;
  readonly onStop: string;
  /** Done, and nothing else. */
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
  readonly onWarn: string;
}

export type Theme = "light" | "dark" | "contrast";

const LIGHT: Palette = {
  ...{ paper: "#f6f7f9", ink: "#10151f", quiet: "#3c4658", soft: "#e3e7ee", line: "#aeb7c6" },
  ...{ action: "#0b3b8c", onAction: "#ffffff", stop: "#b00020", onStop: "#ffffff" },
  ...{ good: "#0a6b3d", bad: "#9c0f12", warn: "#ffe58a", onWarn: "#1d1500" },
};

const DARK: Palette = {
  ...{ paper: "#10151f", ink: "#f6f7f9", quiet: "#c0c8d6", soft: "#232c3c", line: "#4d5a70" },
  ...{ action: "#9cc0ff", onAction: "#0a1020", stop: "#ff8088", onStop: "#16060a" },
  ...{ good: "#7fe0a8", bad: "#ffb3b3", warn: "#ffe58a", onWarn: "#1d1500" },
};

const CONTRAST: Palette = {
  ...{ paper: "#000000", ink: "#ffffff", quiet: "#ffffff", soft: "#1c1c1c", line: "#ffffff" },
  ...{ action: "#ffe600", onAction: "#000000", stop: "#ffffff", onStop: "#000000" },
  ...{ good: "#7dff9b", bad: "#ffb3b3", warn: "#ffe600", onWarn: "#000000" },
};

const PALETTES: Readonly<Record<Theme, Palette>> = { light: LIGHT, dark: DARK, contrast: CONTRAST };

/** What WCAG 2.2 asks of amounts at AAA, in 1.4.6: the owner's colour writes them. */
const LEAST_CONTRAST = 7;
const LIGHTENING_STEPS = 40;

/** With the owner's one colour, lighter in the dark; customers who ask for high contrast get none of it. */
export function paletteOf(theme: Theme, colour: string | null = null): Palette {
  const palette = PALETTES[theme];
  if (colour === null || theme === "contrast") return palette;
  return { ...palette, action: theme === "dark" ? lightened(colour, palette) : colour };
}

/** Ratio of two colours' luminances by WCAG 2.2, from 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [low = 0, high = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Why the owner's colour cannot be read where it is used; null when it can. */
export function colourProblem(colour: string): string | null {
  const least = Math.min(contrastOf(colour, LIGHT.paper), contrastOf(colour, LIGHT.onAction));
  if (least >= LEAST_CONTRAST) return null;
  return `its contrast to the light ground is ${least.toFixed(1)} : 1, and amounts take ${LEAST_CONTRAST} : 1; take a darker one`;
}

/** As custom properties of CSS: `--paper: #f6f7f9;` and so on. */
export function propertiesOf(palette: Palette): readonly (readonly [name: string, value: string])[] {
  return Object.entries(palette).map(([name, value]) => [
    `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    value,
  ]);
}

/** A sheet's own lines for a page that is light or dark as its reader has it. */
export function cssOf(theme: Theme): string {
  return propertiesOf(paletteOf(theme))
    .map(([name, value]) => `${name}: ${value};`)
    .join(" ");
}

function lightened(colour: string, { paper, onAction }: Palette): string {
  const parts = partsOf(colour);
  for (let step = 0; step <= LIGHTENING_STEPS; step += 1) {
    const share = step / LIGHTENING_STEPS;
    const mixed = parts.map((part) => Math.round(part + (255 - part) * share));
    const tried = `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    if (Math.min(contrastOf(tried, paper), contrastOf(tried, onAction)) >= LEAST_CONTRAST) return tried;
  }
  return "#ffffff";
}

function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = partsOf(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function partsOf(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
