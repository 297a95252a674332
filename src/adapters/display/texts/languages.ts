import { english } from "./messages-en.ts";
import { swedish } from "./messages-sv.ts";
import type { Texts } from "./texts.ts";

const LANGUAGES: Readonly<Record<string, Texts>> = { en: english, sv: swedish };

/** The languages the kiosk asks for, in its order, of those that the page has; English when it has none of them. */
export function textsFor(locales: readonly string[]): readonly [Texts, ...Texts[]] {
  const known = locales.map((locale) => LANGUAGES[locale.slice(0, 2).toLowerCase()]);
  const [first, ...others] = new Set(known.filter((texts) => texts !== undefined));
  return [first ?? english, ...others];
}
