import type { Figure, Screen, Tile } from "../screen.ts";
import type { Look } from "./marks.ts";

export interface Button {
  readonly id: string;
  readonly label: string;
  readonly look: Look;
  /** Where there is no room for the label; null where only words tell what it does. */
  readonly sign: string | null;
}

/** All that is on the screen; `layout.ts` says where. */
export type Page = BoardPage | PositionPage;

export interface BoardPage {
  readonly kind: "board";
  readonly name: string;
  readonly title: string;
  readonly tiles: readonly (Tile & { readonly buttonId: string })[];
  readonly back: null;
  readonly language: Button | null;
}

export interface PositionPage {
  readonly kind: "position";
  readonly screen: Screen;
  /** The position's name where there are several; else empty. */
  readonly position: string;
  /** What needs an answer now, in place of the screen's detail. */
  readonly banner: string | null;
  readonly timeLeft: Pick<Figure, "label" | "text"> | null;
  /** The share bar in words. */
  readonly used: string | null;
  readonly support: string | null;
  /** What answers the banner's question, and gives more time. */
  readonly extend: Button | null;
  readonly actions: readonly Button[];
  readonly back: Button | null;
  readonly language: Button | null;
}
