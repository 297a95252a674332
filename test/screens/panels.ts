import type { Panel } from "../../src/displays/panel.ts";

export interface NamedPanel extends Panel {
  readonly name: string;
}

/** The sizes that the page is held to, each as a panel that one can buy, and from where it is read: 4, 7, 21.5 inches. */
export const PANELS: readonly NamedPanel[] = [
  { name: "480x320", widthPx: 480, heightPx: 320, widthMm: 84, heightMm: 56, readingDistanceMm: 250 },
  { name: "800x480", widthPx: 800, heightPx: 480, widthMm: 154, heightMm: 86, readingDistanceMm: 500 },
  { name: "1080x1920", widthPx: 1080, heightPx: 1920, widthMm: 268, heightMm: 476, readingDistanceMm: 700 },
  { name: "1920x1080", widthPx: 1920, heightPx: 1080, widthMm: 476, heightMm: 268, readingDistanceMm: 700 },
];

export const LANGUAGES = ["sv", "en", "de", "fi"] as const;
