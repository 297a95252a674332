import type { Figure, ScreenKind } from "../screen.ts";

/** How many times a page gives up something, of the least use first, before its text becomes smaller than it should. */
export const LEVELS = 9;

/** From which level on a page does without something. What is not named here always stays. */
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
  titleBesideCorner: 7,
  share: 7,
  tileProduct: 8,
  dismissWhenAsked: 8,
  termsWhenRefused: 8,
} as const;

const TITLE_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = {
  live: 3,
  paid: 7,
  scan: 8,
  choose: 8,
  "out-of-service": 8,
};

const DETAIL_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = {
  scan: 3,
  choose: 5,
  begin: 6,
  busy: 6,
  confirm: 6,
};

/** What is under review is found by its receipt, and helped by whom to ask. */
const REVIEW_DETAIL_UNTIL = 7;
const TERMS_UNTIL: Readonly<Partial<Record<ScreenKind, number>>> = { scan: 4 };

type Place = `${ScreenKind} ${Figure["role"]}`;

const FIGURE_UNTIL: Readonly<Partial<Record<Place, number>>> = {
  "scan unit-price": 4,
  "begin unit-price": 5,
  "confirm unit-price": 5,
  "paid quantity": 5,
  "ended reserved": 6,
  "busy quantity": 7,
};

/** Names of figures that speak for themselves by their unit and their place. */
const LABEL_UNTIL: Readonly<Partial<Record<Place, number>>> = {
  "scan unit-price": 3,
  "begin unit-price": 3,
  "confirm unit-price": 3,
  "live unit-price": 4,
  "live quantity": 4,
  "live amount": 4,
  "scan reserved": 6,
  "begin reserved": 7,
  "confirm reserved": 7,
  "paid reference": 8,
};

/** What a page of one level has. */
export interface Level {
  has(what: keyof typeof UNTIL): boolean;
  hasTitle(kind: ScreenKind): boolean;
  hasDetail(kind: ScreenKind, isReview: boolean): boolean;
  hasTerms(kind: ScreenKind): boolean;
  hasFigure(kind: ScreenKind, figure: Figure): boolean;
  hasLabel(kind: ScreenKind, figure: Figure): boolean;
}

export function levelOf(level: number): Level {
  const isBefore = (until: number = LEVELS): boolean => level < until;
  return {
    has: (what) => isBefore(UNTIL[what]),
    hasTitle: (kind) => isBefore(TITLE_UNTIL[kind]),
    hasDetail: (kind, isReview) => isBefore(isReview ? REVIEW_DETAIL_UNTIL : DETAIL_UNTIL[kind]),
    hasTerms: (kind) => isBefore(TERMS_UNTIL[kind]),
    hasFigure: (kind, { role }) => isBefore(FIGURE_UNTIL[`${kind} ${role}`]),
    hasLabel: (kind, { role }) => isBefore(LABEL_UNTIL[`${kind} ${role}`]),
  };
}
