import { type Format, formatFor } from "../format.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { finnish } from "./fi.ts";
import { swedish } from "./sv.ts";
import type { Texts } from "./texts.ts";

export interface Language {
  readonly texts: Texts;
  readonly format: Format;
}

const TEXTS: Readonly<Record<string, Texts>> = { de: german, en: english, fi: finnish, sv: swedish };

export const LANGUAGES: readonly string[] = Object.keys(TEXTS);

/** The languages the kiosk asks for, in its order, of those that there are; English when there is none of them. */
export function languagesFor(locales: readonly string[]): readonly [Language, ...Language[]] {
  const known = locales.map((locale) => TEXTS[locale.slice(0, 2).toLowerCase()]);
  const [first = english, ...others] = new Set(known.filter((texts) => texts !== undefined));
  const languageOf = (texts: Texts): Language => ({ texts, format: formatFor(texts) });
  return [languageOf(first), ...others.map(languageOf)];
}
