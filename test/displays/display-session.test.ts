import { describe, expect, it } from "vitest";
import type { PositionView } from "../../src/core/sale/view.ts";
import { DisplaySession, type Shown, timeLeftOf } from "../../src/displays/display-session.ts";
import { screenOf } from "../../src/displays/screen.ts";
import { languagesFor } from "../../src/displays/texts/languages.ts";
import { positionView, QR_TEXT, VIEWS } from "../support/views.ts";

const KIOSK_MS = Date.parse("2026-06-01T10:00:00.000Z");
const [ENGLISH] = languagesFor(["en"]);

const idle = (id: string): PositionView => positionView({ id });
const live = (id: string): PositionView => ({ ...VIEWS.live(), id });
const thanks = (id: string, saleId = "sale-1"): PositionView => ({ ...VIEWS.thanks(), id, saleId });
const blocked = (id: string): PositionView => ({ ...VIEWS.closed(), id });

function sessionOf(views: readonly PositionView[]): DisplaySession {
  const session = new DisplaySession(["en", "sv"], 0);
  session.show(views);
  return session;
}

/** `board`, the opened position with what it says, or `unknown`. */
function told(shown: Shown): string {
  return shown.kind === "position" ? `${shown.view.id} ${shown.view.message}` : shown.kind;
}

describe("which position is on the screen", () => {
  it.each<readonly [given: string, views: readonly PositionView[], opened: string | null, shown: string]>([
    ["nothing is known", [], null, "unknown"],
    ["the only one", [idle("1")], null, "1 choose"],
    ["the only one, whatever was opened", [idle("1")], "2", "1 choose"],
    ["of several none is opened", [idle("1"), idle("2")], null, "board"],
    ["of several one is opened", [idle("1"), live("2")], "2", "2 dispensing"],
    ["the opened one is gone", [idle("1"), idle("2")], "3", "board"],
  ])("%s", (_given, views, opened, shown) => {
    const session = sessionOf(views);
    session.open(opened);
    expect(told(session.shown(KIOSK_MS))).toBe(shown);
  });
});

/** Opened is 1, and Swedish was chosen, with the last touch at 0. */
const LEFT = [
  { given: "nobody buys", views: [idle("1"), idle("2")], atMs: 60_000, shown: "board", language: "en" },
  { given: "a moment earlier", views: [idle("1"), idle("2")], atMs: 59_999, shown: "1 choose", language: "sv" },
  { given: "out of service", views: [blocked("1"), idle("2")], atMs: 60_000, shown: "board", language: "en" },
  { given: "its sale runs", views: [live("1"), idle("2")], atMs: 3_600_000, shown: "1 dispensing", language: "sv" },
  { given: "its receipt is shown", views: [thanks("1"), idle("2")], atMs: 90_000, shown: "1 paid", language: "sv" },
  { given: "another sale runs", views: [idle("1"), live("2")], atMs: 60_000, shown: "board", language: "sv" },
  {
    given: "another's receipt is shown",
    views: [idle("1"), thanks("2")],
    atMs: 60_000,
    shown: "board",
    language: "sv",
  },
  { given: "the only one is idle", views: [idle("1")], atMs: 60_000, shown: "1 choose", language: "en" },
  {
    given: "its sale runs, and there is no other",
    views: [live("1")],
    atMs: 60_000,
    shown: "1 dispensing",
    language: "sv",
  },
] as const;

describe("a customer who has left is forgotten", () => {
  it.each(LEFT)("$given", ({ views, atMs, shown, language }) => {
    const session = sessionOf(views);
    session.open("1");
    session.speak(session.nextLanguage ?? session.language);
    const isForgotten = session.forgetLeft(atMs);
    expect(told(session.shown(KIOSK_MS))).toBe(shown);
    expect(session.language.texts.locale.slice(0, 2)).toBe(language);
    expect(isForgotten).toBe(language === "en");
  });

  it("a touch begins the time anew", () => {
    const session = sessionOf([idle("1"), idle("2")]);
    session.open("1");
    session.touch(30_000);
    session.forgetLeft(80_000);
    expect(told(session.shown(KIOSK_MS))).toBe("1 choose");
    session.forgetLeft(90_000);
    expect(told(session.shown(KIOSK_MS))).toBe("board");
  });
});

describe("an outcome that was read", () => {
  it.each<readonly [given: string, then: readonly PositionView[], shown: string]>([
    ["gives way to the next choice", [thanks("1")], "1 choose"],
    ["is that of one sale", [thanks("1", "sale-2")], "1 paid"],
    ["stays where nothing can be bought", [{ ...thanks("1"), available: false }], "1 paid"],
    ["is that of one position", [thanks("2")], "2 paid"],
  ])("%s", (_given, then, shown) => {
    const session = sessionOf([thanks("1")]);
    session.dismiss(thanks("1"));
    session.show(then);
    expect(told(session.shown(KIOSK_MS))).toBe(shown);
  });

  it("stays read after its customer was forgotten, and counts as nobody buying", () => {
    const session = sessionOf([thanks("1"), idle("2")]);
    session.open("1");
    session.dismiss(thanks("1"));
    expect(session.isQuiet).toBe(true);
    expect(session.forgetLeft(60_000)).toBe(true);
    session.open("1");
    expect(told(session.shown(KIOSK_MS))).toBe("1 choose");
  });

  it("is forgotten with its sale", () => {
    const session = sessionOf([thanks("1")]);
    session.dismiss(thanks("1"));
    session.show([idle("1")]);
    session.show([thanks("1")]);
    expect(told(session.shown(KIOSK_MS))).toBe("1 paid");
  });
});

describe("what is said of a press that was not taken", () => {
  it.each<readonly [given: string, act: (session: DisplaySession) => void, atMs: number, notice: string | null]>([
    ["stays 4 s", () => undefined, 4_999, "notNow"],
    ["goes after 4 s", () => undefined, 5_000, null],
    ["goes with the next press", (session) => session.ask(), 1_001, null],
    ["gives way to the next", (session) => session.refuse("priceChanged", 3_000), 6_999, "priceChanged"],
    ["stays while another position is opened", (session) => session.open("2"), 2_000, "notNow"],
  ])("%s", (_given, act, atMs, notice) => {
    const session = sessionOf([idle("1"), idle("2")]);
    session.refuse("notNow", 1_000);
    act(session);
    expect(session.noticeAt(atMs)).toBe(notice);
  });
});

describe("a code that is not taken down in time", () => {
  const scan = (times: Pick<PositionView, "timeout" | "expiresAt">): PositionView => ({ ...VIEWS.scan(), ...times });
  const at = new Date(KIOSK_MS).toISOString();

  it.each<readonly [given: string, times: Pick<PositionView, "timeout" | "expiresAt">, atMs: number, shown: string]>([
    ["is shown until its time", { timeout: { at, extendable: true }, expiresAt: null }, KIOSK_MS - 1, "1 scan"],
    ["goes at its time", { timeout: { at, extendable: true }, expiresAt: null }, KIOSK_MS, "1 confirm"],
    ["goes with its offer", { timeout: null, expiresAt: at }, KIOSK_MS, "1 confirm"],
    ["stays where no time is told", { timeout: null, expiresAt: null }, KIOSK_MS, "1 scan"],
  ])("%s", (_given, times, atMs, expected) => {
    const shown = sessionOf([scan(times)]).shown(atMs);
    expect(told(shown)).toBe(expected);
    expect(shown.kind === "position" && shown.view.qr).toBe(expected === "1 scan" ? QR_TEXT : null);
  });
});

describe("the time left", () => {
  const SCREENS = { scan: VIEWS.scan(), confirm: VIEWS.confirm(), live: VIEWS.live(), paid: VIEWS.thanks() } as const;

  it.each<readonly [screen: keyof typeof SCREENS, leftMs: number, isTold: boolean, isWarned: boolean]>([
    ["scan", 20_001, true, false],
    ["scan", 20_000, true, true],
    ["scan", 0, false, false],
    ["confirm", 20_001, true, false],
    ["live", 20_001, false, false],
    ["live", 20_000, true, true],
    ["live", 1, true, true],
    ["live", 0, false, false],
    ["paid", 20_001, false, false],
    ["paid", 19_000, true, true],
  ])("%s with %i ms: told %s, asked %s", (name, leftMs, isTold, isWarned) => {
    const timeout = { at: new Date(KIOSK_MS + leftMs).toISOString(), extendable: true };
    const time = timeLeftOf(screenOf({ ...SCREENS[name], timeout }, ENGLISH), KIOSK_MS);
    expect(time).toMatchObject({ leftMs: isTold ? leftMs : null, isWarned });
    expect(time.extend?.kind ?? null).toBe(isWarned ? "extend" : null);
    const fixed = timeLeftOf(
      screenOf({ ...SCREENS[name], timeout: { ...timeout, extendable: false } }, ENGLISH),
      KIOSK_MS,
    );
    expect(fixed).toEqual({ ...time, extend: null });
  });
});
