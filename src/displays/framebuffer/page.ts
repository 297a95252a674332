import type { PositionView } from "../../core/sale/view.ts";
import { type DisplaySession, type Shown, timeLeftOf } from "../display-session.ts";
import { countdown } from "../format.ts";
import { boardTitle } from "../place.ts";
import { type Action, connectionScreen, type Figure, type Screen, screenOf, type Tile, tileOf } from "../screen.ts";
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

/** What a button does. */
export type Press =
  | { readonly kind: "act"; readonly view: PositionView; readonly action: Action }
  | { readonly kind: "open"; readonly position: string }
  | { readonly kind: "back" | "language" };

export interface PageSettings {
  readonly kioskName: string;
  /** A line that helps when the kiosk is out of service or a payment is under review. */
  readonly support: string | null;
}

interface Times {
  readonly nowMs: number;
  readonly kioskMs: number;
}

/** What a session shows now, and what its buttons do. */
export function pageOf(
  session: DisplaySession,
  settings: PageSettings,
  times: Times,
): { readonly page: Page; readonly presses: ReadonlyMap<string, Press> } {
  const presses = new Map<string, Press>();
  const shown = session.shown(times.kioskMs);
  if (shown.kind === "unknown") {
    const screen = connectionScreen(session.language);
    return { page: { ...bare(screen), support: settings.support }, presses };
  }
  const language = languageButton(session);
  if (language !== null) presses.set("language", { kind: "language" });
  if (shown.kind === "board") return { page: boardOf(session, shown.views, settings, times, presses), presses };
  const page = positionOf(session, shown, settings, times, presses);
  if (!shown.isOneOfMany) return { page, presses };
  presses.set("back", { kind: "back" });
  const { id } = shown.view;
  const label = session.language.texts.labels.back;
  return { page: { ...page, position: id, back: { id: "back", label, sign: `‹ ${id}`, look: "secondary" } }, presses };
}

function boardOf(
  session: DisplaySession,
  views: readonly PositionView[],
  { kioskName }: PageSettings,
  { nowMs }: Times,
  presses: Map<string, Press>,
): BoardPage {
  const { labels } = session.language.texts;
  const tiles = views.map((view) => {
    const buttonId = `open ${view.id}`;
    presses.set(buttonId, { kind: "open", position: view.id });
    return { ...tileOf(view, session.language), buttonId };
  });
  const notice = session.noticeAt(nowMs);
  const title = notice === null ? boardTitle(views, session.language.texts) : labels[notice];
  return { kind: "board", name: kioskName, title, tiles, back: null, language: languageButton(session) };
}

function positionOf(
  session: DisplaySession,
  { view, isReceiptOpen }: Pick<Extract<Shown, { kind: "position" }>, "view" | "isReceiptOpen">,
  { kioskName, support }: PageSettings,
  { nowMs, kioskMs }: Times,
  presses: Map<string, Press>,
): PositionPage {
  const { labels } = session.language.texts;
  const screen = screenOf(view, session.language, { station: kioskName, isReceiptOpen });
  const { leftMs, extend } = timeLeftOf(screen, kioskMs);
  const notice = session.noticeAt(nowMs);
  const buttonOf = (action: Action): Button => {
    const id = [action.kind, view.id, action.kind === "select" ? action.reserve : ""].join(" ").trim();
    presses.set(id, { kind: "act", view, action });
    return { id, label: action.label, look: lookOf(screen, action), sign: signOf(action) };
  };
  return {
    ...bare(screen),
    banner: notice !== null ? labels[notice] : extend === null ? null : labels.stillThere,
    timeLeft: leftMs === null ? null : { label: labels.timeLeft, text: countdown(leftMs) },
    used: screen.share === null ? null : `${screen.share.percent} ${labels.used}`,
    support: screen.needsHelp ? support : null,
    extend: extend === null ? null : buttonOf(extend),
    actions: screen.actions.map(buttonOf),
    language: languageButton(session),
  };
}

function bare(screen: Screen): PositionPage {
  const nothing = { banner: null, timeLeft: null, used: null, support: null, extend: null, back: null, language: null };
  return { kind: "position", screen, position: "", actions: [], ...nothing };
}

function languageButton({ nextLanguage }: DisplaySession): Button | null {
  if (nextLanguage === null) return null;
  const { languageName, locale } = nextLanguage.texts;
  return { id: "language", label: languageName, sign: locale.slice(0, 2).toUpperCase(), look: "secondary" };
}

const LOOKS: Readonly<Record<Action["kind"], Look>> = {
  select: "choice",
  stop: "stop",
  cancel: "secondary",
  extend: "primary",
  dismiss: "primary",
  receipt: "secondary",
  close: "secondary",
};

/** Where nothing has begun yet, to stop is to cancel. */
function lookOf({ kind }: Screen, action: Action): Look {
  return kind === "begin" && action.kind === "stop" ? "secondary" : LOOKS[action.kind];
}

function signOf({ kind, label }: Action): string | null {
  if (kind === "select") return label.replaceAll(/[^\d\s.,]/g, "").trim();
  return kind === "cancel" ? "×" : null;
}
