import { assumedPanel, type Panel } from "../../src/displays/panel.ts";

export interface NamedPanel extends Panel {
  readonly name: string;
  /** The page is told no panel, and goes by the number of its pixels. */
  readonly isBare?: true;
}

/** The sizes that the page is held to, each as a panel that one can buy, and from where it is read: 4, 7, 21.5 inches. */
export const PANELS: readonly NamedPanel[] = [
  { name: "480x320", widthPx: 480, heightPx: 320, widthMm: 84, heightMm: 56, readingDistanceMm: 250 },
  { name: "800x480", widthPx: 800, heightPx: 480, widthMm: 154, heightMm: 86, readingDistanceMm: 500 },
  { name: "1080x1920", widthPx: 1080, heightPx: 1920, widthMm: 268, heightMm: 476, readingDistanceMm: 700 },
  { name: "1920x1080", widthPx: 1920, heightPx: 1080, widthMm: 476, heightMm: 268, readingDistanceMm: 700 },
];

export const LANGUAGES = ["sv", "en", "de", "fi"] as const;

/** Screens of which nobody has told anything, from the smallest that is sold to the largest, upright and wide. */
export const BARE_PANELS: readonly NamedPanel[] = [
  [320, 240],
  [240, 320],
  [480, 320],
  [320, 480],
  [800, 480],
  [480, 800],
  [1024, 600],
  [1280, 800],
  [1080, 1920],
  [1920, 1080],
  [3840, 2160],
  [2160, 3840],
].map(([widthPx = 0, heightPx = 0]) => ({
  ...assumedPanel(widthPx, heightPx),
  name: `${widthPx}x${heightPx} bare`,
  isBare: true,
}));
