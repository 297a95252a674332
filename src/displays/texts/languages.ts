import { type Format, formatFor } from "../format.ts";
import { danish } from "./da.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { spanish } from "./es.ts";
import { estonian } from "./et.ts";
import { finnish } from "./fi.ts";
import { french } from "./fr.ts";
import { italian } from "./it.ts";
import { dutch } from "./nl.ts";
import { norwegian } from "./no.ts";
import { polish } from "./pl.ts";
import { swedish } from "./sv.ts";
import type { Texts } from "./texts.ts";

export interface Language {
  readonly texts: Texts;
  readonly format: Format;
}

const TEXTS: Readonly<Record<string, Texts>> = {
  ...{ sv: swedish, en: english, de: german, fi: finnish, no: norwegian, da: danish },
  ...{ nl: dutch, fr: french, es: spanish, it: italian, pl: polish, et: estonian },
};
/** By another name of the same language. */
const ALIASES: Readonly<Record<string, string>> = { nb: "no", nn: "no" };

export const LANGUAGES: readonly string[] = Object.keys(TEXTS);

/** The languages the kiosk asks for, in its order, of those that there are; English when there is none of them. */
export function languagesFor(
  locales: readonly string[],
  timezone: string | null = null,
): readonly [Language, ...Language[]] {
  const known = locales.map((locale) => {
    const name = locale.slice(0, 2).toLowerCase();
    return TEXTS[ALIASES[name] ?? name];
  });
  const [first = english, ...others] = new Set(known.filter((texts) => texts !== undefined));
  const languageOf = (texts: Texts): Language => ({ texts, format: formatFor(texts, timezone) });
  return [languageOf(first), ...others.map(languageOf)];
}
