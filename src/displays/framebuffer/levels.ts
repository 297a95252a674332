import type { Figure, ScreenKind } from "../screen.ts";

/** How many times a page gives up something, of the least use first, before its text becomes smaller than it should. */
export const LEVELS = 10;

/** From which level on a page does without something; what is not named here always stays. */
const UNTIL = {
  /** A line of its own for the name, back and language; then these stand with the other buttons. */
  header: 1,
  languageName: 2,
  steps: 2,
  used: 2,
  /** Wide gaps, margins and lines, and larger titles. */
  air: 3,
  place: 3,
  timeLabel: 4,
  /** Words on buttons that have a sign. */
  words: 4,
  boardTitle: 5,
  tileValue: 6,
  question: 6,
  share: 7,
  titleBesideCorner: 7,
  /** What is under review is found by its receipt, and helped by whom to ask. */
  detailOfReview: 7,
  tileProduct: 8,
  dismissWhenAsked: 8,
  /** Terms and time, while a press is refused. */
  restWhenRefused: 8,
  tilePrice: 8,
  /** On the choices: the unit price has it too. */
  currency: 9,
  language: 9,
} as const;

type OnScreen =
  | `${"title" | "detail" | "terms"} ${ScreenKind}`
  | `${"figure" | "label"} ${ScreenKind} ${Figure["role"]}`;

const UNTIL_ON_SCREEN: Readonly<Partial<Record<OnScreen, number>>> = {
  "detail scan": 3,
  "label scan unit-price": 3,
  "title live": 3,
  "figure scan unit-price": 4,
  "label live amount": 4,
  "label live quantity": 4,
  "label live unit-price": 4,
  "terms scan": 4,
  "detail choose": 5,
  "figure begin unit-price": 5,
  "figure confirm unit-price": 5,
  "figure paid quantity": 5,
  "detail begin": 6,
  "detail busy": 6,
  "detail confirm": 6,
  "figure ended reserved": 6,
  "label scan reserved": 6,
  "figure busy quantity": 7,
  "label begin reserved": 7,
  "label confirm reserved": 7,
  "title paid": 7,
  "label paid reference": 8,
  "title choose": 8,
  "title out-of-service": 8,
  "title scan": 8,
  "label paid amount": 9,
};

const ALL: Readonly<Record<string, number>> = { ...UNTIL, ...UNTIL_ON_SCREEN };

/** Whether a page of one level has something. */
export type Has = (what: keyof typeof UNTIL | OnScreen) => boolean;

export function hasAt(level: number): Has {
  return (what) => level < (ALL[what] ?? LEVELS);
}
