import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Format, formatFor } from "../../displays/format.ts";
import { english as displayEnglish } from "../../displays/texts/en.ts";
import type { Language } from "../../displays/texts/languages.ts";
import { swedish as displaySwedish } from "../../displays/texts/sv.ts";
import { english } from "../texts/en.ts";
import { swedish } from "../texts/sv.ts";
import type { OperatorTexts } from "../texts/texts.ts";
import type { Account } from "./requests.ts";

/** All that a part of the page needs to speak. */
export interface Words {
  readonly texts: OperatorTexts;
  /** What customers read, in the same language. */
  readonly display: Language;
  readonly format: Format;
  dateTime(iso: string | number): string;
  /** With seconds. */
  time(iso: string | number): string;
}

export type LanguageName = "en" | "sv";
export const LANGUAGES: Readonly<Record<LanguageName, OperatorTexts>> = { en: english, sv: swedish };
const DISPLAY = { en: displayEnglish, sv: displaySwedish };
const KEPT = "kioskd-operator-language";

export function firstLanguage(): LanguageName {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "sv") return kept;
  return navigator.language.startsWith("sv") ? "sv" : "en";
}

export function keepLanguage(language: LanguageName): void {
  localStorage.setItem(KEPT, language);
}

export function wordsOf(language: LanguageName, timezone: string | null): Words {
  const texts = LANGUAGES[language];
  const zone = timezone === null ? {} : { timeZone: timezone };
  const moments = new Intl.DateTimeFormat(texts.locale, { dateStyle: "medium", timeStyle: "short", ...zone });
  const times = new Intl.DateTimeFormat(texts.locale, { timeStyle: "medium", ...zone });
  const format = formatFor(DISPLAY[language], timezone);
  return {
    texts,
    format,
    display: { texts: DISPLAY[language], format },
    dateTime: (at) => moments.format(new Date(at)),
    time: (at) => times.format(new Date(at)),
  };
}

export const WordsContext = createContext<Words>(wordsOf("en", null));
export const AccountContext = createContext<Account | null>(null);

export function useWords(): Words {
  return useContext(WordsContext);
}

/** Only within the part of the page that asks for an account. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === null) throw new Error("nobody is signed in");
  return account;
}
