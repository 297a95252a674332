import { describe, expect, it } from "vitest";
import { LANGUAGES, languagesFor } from "../../src/displays/texts/languages.ts";
import type { Saying, Texts } from "../../src/displays/texts/texts.ts";

/** Characters that have room on the smallest panel at its least type, measured there in the longest language. */
const LONGEST = { title: 28, detail: 84, button: 15, label: 19, place: 16, step: 24, stop: 32, notice: 54 } as const;

const ALL: readonly (readonly [string, Texts])[] = LANGUAGES.map((name) => [name, languagesFor([name])[0].texts]);

describe.each(ALL)("in %s", (name, texts) => {
  const sayings: readonly Saying[] = [
    ...Object.values(texts.messages),
    ...Object.values(texts.begin),
    ...Object.values(texts.outOfService),
    ...[texts.chooseAtDevice, texts.noConnection],
  ];
  const { labels } = texts;

  it("nothing is longer than the smallest panel has room for", () => {
    const limits: readonly (readonly [number, readonly string[]])[] = [
      [LONGEST.title, [...sayings.map(({ title }) => title), ...Object.values(texts.choosePlace), texts.stoppedTitle]],
      [LONGEST.detail, sayings.map(({ detail }) => detail)],
      [LONGEST.button, [labels.cancel, labels.extend, labels.reference, labels.startAgain, labels.stop, labels.back]],
      [LONGEST.label, [labels.held, labels.reserved, labels.charged, labels.freed, labels.quantity, labels.toPay]],
      [LONGEST.place, Object.values(texts.places).map((place) => place.replace("{id}", "12"))],
      [LONGEST.step, texts.steps],
      [LONGEST.stop, [...Object.values(texts.stopped), ...Object.values(texts.afterwards), labels.notForNow]],
      [LONGEST.notice, [labels.notNow, labels.priceChanged, labels.payUsedOnly, labels.codeTooLarge]],
    ];
    const long = limits.flatMap(([most, all]) => all.filter((text) => text.length > most));
    expect(long).toEqual([]);
  });

  it("every text says something, and stands in one line without odd spaces", () => {
    const given: string[] = [];
    const collect = (value: unknown): void => {
      if (typeof value === "string") given.push(value);
      else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) collect(each);
    };
    collect(texts);
    expect(given.filter((text) => text !== text.trim() || /\n| {2}/.test(text))).toEqual([]);
    expect(sayings.filter(({ title }) => title === "")).toEqual([]);
    expect(Object.entries(labels).filter(([, text]) => text === "")).toEqual([]);
    // Nobody is left to guess where nothing more is told.
    const silent = Object.entries(texts.messages).filter(([, { detail }]) => detail === "");
    expect(silent.map(([message]) => message)).toEqual(["dispensing", "stopping", "paid"]);
  });

  it("names each place by its number, and each plural category that pieces differ in", () => {
    for (const place of Object.values(texts.places)) expect(place.split("{id}")).toHaveLength(2);
    const { pluralCategories } = new Intl.PluralRules(texts.locale).resolvedOptions();
    for (const category of Object.keys(texts.pieces)) expect(pluralCategories).toContain(category);
  });

  it("numbers, money and moments are as the language writes them", () => {
    const { format } = languagesFor([name], "Europe/Stockholm")[0];
    expect(Intl.NumberFormat.supportedLocalesOf(texts.locale)).toEqual([texts.locale]);
    const decimal = new Intl.NumberFormat(texts.locale).format(1.5)[1] ?? "";
    expect(format.amount("1234.50", "EUR")).toContain(`${decimal}50`);
    expect(format.dateTime("2026-01-01T23:30:00.000Z")).toMatch(/0?0[.:]30|12:30/);
  });
});

describe("the languages", () => {
  it("are these, each with a name and a locale of its own", () => {
    expect([...LANGUAGES].sort((one, other) => one.localeCompare(other))).toEqual([
      "da",
      "de",
      "en",
      "es",
      "et",
      "fi",
      "fr",
      "it",
      "nl",
      "no",
      "pl",
      "sv",
    ]);
    expect(new Set(ALL.map(([, { languageName }]) => languageName)).size).toBe(ALL.length);
    expect(new Set(ALL.map(([, { locale }]) => locale)).size).toBe(ALL.length);
  });

  it.each([
    ["nb-NO", "nb-NO"],
    ["nn", "nb-NO"],
    ["no", "nb-NO"],
    ["pl-PL", "pl-PL"],
    ["xx", "en-GB"],
  ])("%s is spoken as %s", (asked, locale) => {
    expect(languagesFor([asked])[0].texts.locale).toBe(locale);
  });
});
