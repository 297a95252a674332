/** The screen that a customer reads, as its data sheet gives it. */
export interface Panel {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly widthMm: number;
  readonly heightMm: number;
  /** From the eye to the screen. */
  readonly readingDistanceMm: number;
}

/** What everything on the screen is measured against, in the panel's own pixels. */
export interface Sizes {
  readonly pxPerMm: number;
  /** Height of a capital letter. */
  readonly textPx: number;
  /** Height of a digit of an amount, a unit price or a quantity. */
  readonly figurePx: number;
  /** Side of the smallest thing to touch. */
  readonly targetPx: number;
}

/** EN 301 549, 5.1.4: a capital letter under at least 0.7°, which is 7.3 mm at 600 mm. */
const TEXT_MM_AT_600 = 7.33;
/** What fuel dispensers' figures are held to at a customer's distance. */
const FIGURE_MM_AT_600 = 10;
/** ADA Standards 707.7.2: no character on a display is lower than 3/16 inch. */
const LEAST_MM = 4.8;
/** A gloved finger. */
const TARGET_PX = 60;
/** Of the shorter side of a screen that is smaller than any to be touched with gloves. */
const MOST_TARGET_SHARE = 0.19;

/** Height of a capital letter of Noto Sans, in font sizes, and of its digits, which are all of one width. */
export const CAPITAL_EM = 0.714;

const LEAST_MODULE_PX = 4;
const LEAST_MODULE_MM = 1;
/** A code of more modules than these is a fine one: a phone is held nearer to it. */
const COARSE_MODULES = 45;
const LEAST_FINE_MODULE_MM = 0.75;
/** A code is read from ten times its side. */
const DISTANCE_BY_SIDE = 10;
/** ISO/IEC 18004: so many modules of nothing on each side of the symbol. */
export const QUIET_MODULES = 4;

export function sizesOf(panel: Panel): Sizes {
  const { widthPx, heightPx, widthMm, heightMm, readingDistanceMm } = panel;
  const pxPerMm = Math.min(widthPx / widthMm, heightPx / heightMm);
  const heightOf = (mmAt600: number): number =>
    Math.ceil(Math.max(LEAST_MM, (mmAt600 * readingDistanceMm) / 600) * pxPerMm);
  return {
    pxPerMm,
    textPx: heightOf(TEXT_MM_AT_600),
    figurePx: heightOf(FIGURE_MM_AT_600),
    targetPx: Math.min(TARGET_PX, Math.ceil(Math.min(widthPx, heightPx) * MOST_TARGET_SHARE)),
  };
}

/** Font sizes of text by the shorter side of a screen of which nothing else is known, in pixels. */
const FONT_STEPS: readonly (readonly [untilPx: number, fontPx: number])[] = [
  ...([
    [280, 20],
    [400, 26],
    [560, 34],
    [760, 42],
    [960, 50],
    [1300, 62],
    [1700, 84],
  ] as const),
  [Number.POSITIVE_INFINITY, 112],
];
/** Whoever builds such a screen in looks at it from where its text is of the least height that may be. */
const ASSUMED_DISTANCE_MM = 300;

/** A screen without a data sheet, as a panel on which text has the step of its shorter side. */
export function assumedPanel(widthPx: number, heightPx: number): Panel {
  const shorterPx = Math.min(widthPx, heightPx);
  const step = FONT_STEPS.find(([untilPx]) => shorterPx < untilPx)?.[1] ?? 0;
  const pxPerMm = Math.floor(step * CAPITAL_EM) / LEAST_MM;
  return {
    ...{ widthPx, heightPx, widthMm: widthPx / pxPerMm, heightMm: heightPx / pxPerMm },
    readingDistanceMm: ASSUMED_DISTANCE_MM,
  };
}

/** The font size whose capital letters are so high; up to a hundredth of a pixel larger, never smaller. */
export function fontPx(capitalPx: number): number {
  return Math.ceil((capitalPx / CAPITAL_EM) * 100) / 100;
}

/** The smallest module, in whole pixels, of a code of so many modules a side. */
export function leastModulePx(panel: Panel, modules: number): number {
  const { pxPerMm } = sizesOf(panel);
  const sideMm = panel.readingDistanceMm / DISTANCE_BY_SIDE;
  const moduleMm = modules > COARSE_MODULES ? LEAST_FINE_MODULE_MM : LEAST_MODULE_MM;
  return Math.max(LEAST_MODULE_PX, Math.ceil(moduleMm * pxPerMm), Math.ceil((sideMm * pxPerMm) / modules));
}

/** How much room something takes: font sizes of text and of figures, sides of a code, things to touch. */
interface Extent {
  readonly text?: number;
  readonly figure?: number;
  readonly code?: number;
  readonly targets?: number;
}

/** The barest form of a screen, in the language that needs most; of several extents the largest counts. */
interface Need {
  readonly screen: string;
  readonly width: readonly Extent[];
  readonly height: readonly Extent[];
}

/** One screen, arranged in one way or in another. */
type Ways = readonly Need[];

/** Height of a button in font sizes of its word. */
const BUTTON_LINE = 1.12;
/** A code of up to 38 capital letters and digits at level M: the longest of a service that says nothing else. */
const USUAL_CODE_CHARS = 38;
const USUAL_CODE_MODULES = 25;
/**
 * ISO/IEC 18004, table 7: the most bytes in a code of version 1, 2 and so on, at level M for texts of up to 100
 * characters and at level L for longer ones.
 */
const BYTES_M = [14, 26, 42, 62, 84, 106];
const BYTES_L = [17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858];
/** A longer text has so many modules that larger ones are worth more than what they could correct. */
export const CORRECTED_CHARS = 100;

/** Modules a side of the code of a text of so many characters; null for more than any display here could show. */
export function modulesOfText(chars: number): number | null {
  if (chars <= USUAL_CODE_CHARS) return USUAL_CODE_MODULES;
  const index = (chars > CORRECTED_CHARS ? BYTES_L : BYTES_M).findIndex((bytes) => bytes >= chars);
  return index < 0 ? null : 21 + 4 * index;
}
/** What stands between and around the parts of a screen. */
const SPACING_PX = 20;
const DISTANCE_STEP_MM = 10;
const LEAST_DISTANCE_MM = 200;

/**
 * Measured in Chromium on the web page's screens, which give up all else before their type becomes too small. What they
 * never give up: before payment product, unit price, tax, lowest charge and the amount held; while it flows quantity,
 * amount and unit price; in the end what was charged, reserved and freed, and the receipt.
 */
const WIDE: readonly Ways[] = [
  [
    {
      screen: "choose",
      width: [{ text: 10.7 }, { figure: 10.9 }, { text: 3.5, figure: 5.9, targets: 1 }],
      height: [
        { text: 3.2, figure: 1, targets: 2 },
        { text: 3.2, figure: 3.3 },
      ],
    },
  ],
  [
    // All beside the code; or its title above it, and what is to be touched below.
    {
      screen: "scan",
      width: [
        { code: 1, text: 8 },
        { code: 1, figure: 5.9 },
      ],
      height: [{ code: 1 }, { text: 4.2, figure: 2, targets: 2 }],
    },
    {
      screen: "scan",
      width: [{ text: 10.8 }, { code: 1, figure: 5.9 }, { code: 1, targets: 2.4 }],
      height: [
        { code: 1, text: 1, targets: 1 },
        { text: 2.1, figure: 2, targets: 2 },
      ],
    },
  ],
  [
    {
      screen: "begin",
      width: [{ text: 9.4 }],
      height: [
        { text: 3.2, figure: 2, targets: 1 },
        { text: 1.1, figure: 2, targets: 2.2 },
      ],
    },
  ],
  [{ screen: "live", width: [{ figure: 7 }, { text: 9.6 }], height: [{ figure: 3, targets: 2.2 }] }],
  [
    {
      screen: "paid",
      width: [
        { text: 5, figure: 5.5 },
        { text: 8.4, targets: 1 },
      ],
      height: [{ text: 2.1, figure: 3, targets: 1 }],
    },
  ],
  [{ screen: "ended", width: [{ text: 10.3 }], height: [{ text: 5.3, targets: 1 }] }],
];

const HIGH: readonly Ways[] = [
  [
    {
      screen: "choose",
      width: [{ text: 8 }, { figure: 5.9, targets: 1 }],
      height: [
        { text: 6.3, figure: 1, targets: 4 },
        { text: 6.3, figure: 5.4 },
      ],
    },
  ],
  [
    {
      screen: "scan",
      width: [{ code: 1 }, { text: 8 }, { figure: 5.9 }, { text: 3.3, targets: 2 }],
      height: [
        { code: 1, text: 3.2, figure: 2, targets: 1 },
        { code: 1, text: 2.1, figure: 2, targets: 2.2 },
      ],
    },
  ],
  [
    {
      screen: "begin",
      width: [{ text: 8 }, { text: 5.1, targets: 1 }],
      height: [
        { text: 4.3, figure: 2, targets: 1 },
        { text: 2.1, figure: 2, targets: 2.2 },
      ],
    },
  ],
  [{ screen: "live", width: [{ figure: 6.9 }], height: [{ text: 1.2, figure: 3, targets: 2.2 }] }],
  [
    {
      screen: "paid",
      width: [{ figure: 5.5 }, { text: 5, targets: 1.2 }],
      height: [{ text: 6.6, figure: 3, targets: 1 }],
    },
  ],
  [{ screen: "ended", width: [{ text: 7 }], height: [{ text: 10.6, targets: 1 }] }],
];

/** One tile of the board of all positions, and what stands beside or above the tiles. */
const TILE = { width: { text: 8.6 }, height: [{ text: 2.35 }, { targets: 1.1 }] };

/** What has to stand on a panel. */
interface Shown {
  readonly positions: number;
  /** The longest text of a code; 38 characters unless told. */
  readonly codeChars?: number;
}

/** With the modules a side of its code. */
interface Coded extends Panel {
  readonly modules: number;
}

/**
 * Why not everything that a sale needs can be read on this panel; empty when it can. Each is a sentence that names
 * the screen, what it needs, and what would fit.
 */
export function panelProblems(screen: Panel, { positions, codeChars }: Shown): readonly string[] {
  const modules = modulesOfText(codeChars ?? 0);
  if (modules === null) return [`no code of ${codeChars} characters can be shown; it takes another payment service`];
  const panel = { ...screen, modules };
  return needsOf(panel, positions)
    .filter((need) => !fits(need, panel))
    .map((need) => {
      const room = roomOf(need, panel);
      const { pxPerMm } = sizesOf(panel);
      const mm = (px: number): number => Math.ceil(px / pxPerMm);
      const found = `the panel has ${Math.floor(panel.widthMm)} x ${Math.floor(panel.heightMm)} mm`;
      const needed = `needs ${mm(room.widthPx)} x ${mm(room.heightPx)} mm at a reading distance of ${panel.readingDistanceMm} mm`;
      return `the ${need.screen} screen ${needed}, ${found}; ${remedyOf(need.screen, panel, positions)}`;
    });
}

function fits(need: Need, panel: Coded): boolean {
  const { widthPx, heightPx } = roomOf(need, panel);
  return widthPx <= panel.widthPx && heightPx <= panel.heightPx;
}

function needsOf(panel: Coded, positions: number): readonly Need[] {
  const isWide = panel.widthPx > panel.heightPx;
  const needs = (isWide ? WIDE : HIGH).map((ways) => leastOf(ways, panel));
  if (positions <= 1) return needs;
  return [...needs.map((need) => (need.screen === "choose" ? withBar(need, isWide) : need)), boardOf(panel, positions)];
}

/** The way back to the board stands beside the price, or above all. */
function withBar(need: Need, isWide: boolean): Need {
  if (isWide) return { ...need, width: [...need.width, { figure: 4.8, targets: 3 }] };
  return { ...need, height: need.height.map((extent) => ({ ...extent, targets: (extent.targets ?? 0) + 1 })) };
}

/** The tiles in as many columns as serve best. */
function boardOf(panel: Coded, positions: number): Need {
  const isWide = panel.widthPx > panel.heightPx;
  const beside = { targets: 1 };
  const ways = Array.from({ length: Math.min(positions, 5) }, (_, index): Need => {
    const columns = index + 1;
    const rows = Math.ceil(positions / columns);
    const width = times(TILE.width, columns);
    const heights = TILE.height.map((extent) => times(extent, rows));
    return {
      screen: "board",
      width: [isWide ? { ...width, ...beside } : width],
      height: isWide
        ? heights
        : heights.map((extent: Extent) => ({ ...extent, targets: (extent.targets ?? 0) + beside.targets })),
    };
  });
  return leastOf(ways, panel);
}

/** Of the ways to arrange a screen the one that fits, or else the one that is least too large. */
function leastOf(ways: Ways, panel: Coded): Need {
  const excess = (need: Need): number => {
    const { widthPx, heightPx } = roomOf(need, panel);
    return Math.max(widthPx / panel.widthPx, heightPx / panel.heightPx);
  };
  return ways.reduce((best, way) => (excess(way) < excess(best) ? way : best));
}

function times(extent: Extent, count: number): Extent {
  return Object.fromEntries(Object.entries(extent).map(([name, value]) => [name, value * count]));
}

function roomOf(need: Need, panel: Coded): Pick<Panel, "widthPx" | "heightPx"> {
  const { textPx, figurePx, targetPx } = sizesOf(panel);
  const codePx = (panel.modules + 2 * QUIET_MODULES) * leastModulePx(panel, panel.modules);
  const [textFontPx, figureFontPx] = [fontPx(textPx), fontPx(figurePx)];
  // A button is at least as high as its word.
  const buttonPx = Math.max(targetPx, BUTTON_LINE * textFontPx);
  const pxOf = ({ text = 0, figure = 0, code = 0, targets = 0 }: Extent): number =>
    text * textFontPx + figure * figureFontPx + code * codePx + targets * buttonPx;
  const most = (extents: readonly Extent[]): number => Math.ceil(Math.max(...extents.map(pxOf))) + SPACING_PX;
  return { widthPx: most(need.width), heightPx: most(need.height) };
}

/** From nearer another arrangement of the screen may be the one that needs least. */
function remedyOf(screen: string, panel: Coded, positions: number): string {
  for (
    let readingDistanceMm = Math.floor((panel.readingDistanceMm - 1) / DISTANCE_STEP_MM) * DISTANCE_STEP_MM;
    readingDistanceMm >= LEAST_DISTANCE_MM;
    readingDistanceMm -= DISTANCE_STEP_MM
  ) {
    const nearer = { ...panel, readingDistanceMm };
    const need = needsOf(nearer, positions).find((each) => each.screen === screen);
    if (need !== undefined && fits(need, nearer)) return `with ${readingDistanceMm} mm it would fit`;
  }
  return "it takes a larger panel at any reading distance";
}
