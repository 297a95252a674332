import type { PositionView } from "../../../../core/sale/view.ts";
import { type Tile, tile } from "./board.ts";
import { follow } from "./connection.ts";
import { byId, element } from "./dom.ts";
import { formatFor } from "./format.ts";
import { textsFor } from "./messages.ts";
import { type Screen, type ScreenContext, screenFor } from "./screens.ts";
import type { Texts } from "./texts.ts";

const TICK_MS = 250;
const NOTICE_MS = 4_000;
const RETRY_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** After this long without a touch the page is as the next customer expects it. */
const UNTOUCHED_MS = 60_000;

const content = byId("content");
const backButton = byId("back");
const languageButton = byId("language");
const notice = byId("notice");

let languages: readonly [Texts, ...Texts[]] = textsFor([]);
let texts: Texts = languages[0];
let positions: readonly PositionView[] | "lost" | "unknown" = "unknown";
let openedId: string | null = null;
let touchedMs = performance.now();
let clockAheadMs = 0;
let shownKey = "";
let shownScreen: Screen | null = null;
let shownTiles = new Map<string, Tile>();
let noticeTimer: number | undefined;
/** The closed sale whose outcome was read, by position. */
const dismissed = new Map<string, string | null>();

function render(): void {
  if (typeof positions === "string") {
    renderMessage(positions === "lost" ? texts.noConnection : { title: "", detail: "" }, positions);
    return;
  }
  const views = positions.map(afterDismissal);
  const opened = views.length === 1 ? views[0] : views.find(({ id }) => id === openedId);
  backButton.hidden = opened === undefined || views.length === 1;
  if (opened === undefined) renderBoard(views);
  else renderPosition(opened, views.length > 1);
}

function renderMessage({ title, detail }: { title: string; detail: string }, name: string): void {
  backButton.hidden = true;
  mount(`${name} ${texts.locale}`, () => [
    element(
      "section",
      `panel ${name}`,
      element("div", "screen", element("h2", "", title), element("p", "detail", detail)),
    ),
  ]);
}

function renderBoard(views: readonly PositionView[]): void {
  mount(JSON.stringify(["board", texts.locale, views.map(({ id }) => id)]), () => {
    shownTiles = new Map(views.map(({ id }) => [id, tile(texts, formatFor(texts), () => open(id))]));
    const tiles = [...shownTiles.values()].map(({ root }) => root);
    const board = element("div", "board", ...tiles);
    board.dataset["count"] = String(tiles.length);
    return [element("h2", "board-title", texts.labels.choosePosition), board];
  });
  for (const view of views) shownTiles.get(view.id)?.update(view);
}

function renderPosition(view: PositionView, oneOfMany: boolean): void {
  // What changes with every reading is set in place; anything else makes the screen anew.
  const key = JSON.stringify([texts.locale, { ...view, quantity: "", amount: "", faults: [] }]);
  mount(key, () => {
    shownScreen = screenFor(view, contextFor());
    const panel = element("div", "panel", shownScreen.root);
    panel.dataset["message"] = view.message;
    return oneOfMany ? [element("span", "opened-id", view.id), panel] : [panel];
  });
  shownScreen?.update(view, Date.now() + clockAheadMs);
}

function mount(key: string, make: () => readonly HTMLElement[]): void {
  if (key === shownKey) return;
  shownScreen = null;
  shownKey = key;
  content.replaceChildren(...make());
}

/** A read outcome gives way to the choice of the next sale. */
function afterDismissal(view: PositionView): PositionView {
  const isRead = view.state === "closed" && view.available && dismissed.get(view.id) === view.saleId;
  return isRead ? { ...view, state: "idle", message: "choose" } : view;
}

function contextFor(): ScreenContext {
  return {
    texts,
    format: formatFor(texts),
    act: (position, action, body) => void send(position, action, body ?? {}),
    dismiss: (view) => {
      dismissed.set(view.id, view.saleId);
      render();
    },
  };
}

async function send(position: string, action: string, body: Readonly<Record<string, string>>): Promise<void> {
  try {
    const response = await fetch(`/api/positions/${encodeURIComponent(position)}/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) tell(texts.labels.notNow);
  } catch {
    tell(texts.labels.notNow);
  }
}

function tell(text: string): void {
  clearTimeout(noticeTimer);
  notice.textContent = text;
  notice.hidden = false;
  noticeTimer = setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_MS);
}

function open(id: string | null): void {
  openedId = id;
  render();
}

function speak(next: Texts): void {
  texts = next;
  document.documentElement.lang = next.locale;
  backButton.textContent = next.labels.back;
  const other = nextLanguage();
  languageButton.hidden = other === next;
  languageButton.textContent = other.languageName;
  render();
}

function nextLanguage(): Texts {
  return languages[(languages.indexOf(texts) + 1) % languages.length] ?? texts;
}

function tick(): void {
  const isQuiet = performance.now() - touchedMs > UNTOUCHED_MS;
  const opened = typeof positions === "string" ? undefined : positions.find(({ id }) => id === openedId);
  if (isQuiet && (opened === undefined || opened.state === "idle")) {
    openedId = null;
    const isSelling = typeof positions !== "string" && positions.some(({ state }) => state !== "idle");
    if (!isSelling && texts !== languages[0]) speak(languages[0]);
  }
  render();
}

function loadSettingsUntilDone(): void {
  loadSettings().catch(() => setTimeout(loadSettingsUntilDone, RETRY_MS));
}

async function loadSettings(): Promise<void> {
  const response = await fetch("/api/settings", { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`The settings are refused with ${response.status}.`);
  const settings: { kioskName: string; locales: readonly string[] } = await response.json();
  byId("kiosk-name").textContent = settings.kioskName;
  document.title = settings.kioskName;
  languages = textsFor(settings.locales);
  speak(languages[0]);
}

backButton.addEventListener("click", () => open(null));
languageButton.addEventListener("click", () => speak(nextLanguage()));
document.addEventListener("pointerdown", () => {
  touchedMs = performance.now();
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
speak(texts);
loadSettingsUntilDone();
follow({
  state: (given) => {
    positions = given;
    render();
  },
  lost: () => {
    positions = "lost";
    render();
  },
  clock: (aheadMs) => {
    clockAheadMs = aheadMs;
  },
});
setInterval(tick, TICK_MS);
