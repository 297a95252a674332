import { render, type VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Now } from "../routes/now.ts";
import { AttentionView } from "./attention.tsx";
import { setColours } from "./colours.ts";
import { NowView } from "./now.tsx";
import { type Account, account as loadAccount, now as loadNow, signOut, useCsrf } from "./requests.ts";
import { SaleView } from "./sale.tsx";
import { SalesView } from "./sales.tsx";
import { SignIn } from "./sign-in.tsx";
import { TotalsView } from "./totals.tsx";
import {
  AccountContext,
  firstLanguage,
  keepLanguage,
  LANGUAGES,
  type LanguageName,
  useAccount,
  useWords,
  WordsContext,
  wordsOf,
} from "./words.ts";

const LOOK_EVERY_MS = 2_000;
const PAGES = ["now", "sales", "attention", "totals"] as const;

function App(): VNode | null {
  const [language, setLanguage] = useState<LanguageName>(firstLanguage());
  const [account, setAccount] = useState<Account | null>(null);
  const [isKnown, setKnown] = useState(false);
  const [isOut, setOut] = useState(false);
  const words = wordsOf(language, account?.kiosk.timezone ?? null);

  function take(next: Account): void {
    useCsrf(next.csrf);
    setAccount(next);
    setOut(false);
    document.title = next.kiosk.name;
  }

  function leave(): void {
    setAccount(null);
    setOut(true);
  }

  useEffect(() => {
    void loadAccount().then((answer) => {
      if (answer.kind === "ok") take(answer.value);
      setKnown(true);
    });
  }, []);

  useEffect(() => {
    document.documentElement.lang = words.texts.locale;
  }, [language]);

  function speak(next: LanguageName): void {
    keepLanguage(next);
    setLanguage(next);
  }

  if (!isKnown) return null;
  return (
    <WordsContext.Provider value={words}>
      <AccountContext.Provider value={account}>
        {account === null ? (
          <main>
            <SignIn notice={isOut ? words.texts.labels.signedOut : ""} onAccount={take} />
            <Languages language={language} speak={speak} />
          </main>
        ) : (
          <SignedIn out={leave}>
            <Languages language={language} speak={speak} />
          </SignedIn>
        )}
      </AccountContext.Provider>
    </WordsContext.Provider>
  );
}

function SignedIn({ out, children }: { readonly out: () => void; readonly children: VNode }): VNode {
  const { texts } = useWords();
  const { labels, roles } = texts;
  const { user, role, kiosk } = useAccount();
  const [place, setPlace] = useState(location.hash.slice(1));
  const [now, setNow] = useState<Now | null>(null);
  const [isLost, setLost] = useState(false);

  useEffect(() => {
    const follow = (): void => setPlace(location.hash.slice(1));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const look = async (): Promise<void> => {
      // Nobody looks at a page behind others.
      const answer = document.hidden ? null : await loadNow();
      if (isOver) return;
      if (answer?.kind === "out") return out();
      if (answer?.kind === "ok") setNow(answer.value);
      if (answer !== null) setLost(answer.kind !== "ok");
      timer = window.setTimeout(() => void look(), LOOK_EVERY_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);

  const [name = "", id = ""] = place.split("/");
  const page = PAGES.find((each) => each === name) ?? (name === "sale" ? "sales" : "now");
  return (
    <>
      <button type="button" class="skip" onClick={toContent}>
        {labels.skip}
      </button>
      <header>
        <p class="kiosk">{kiosk.name}</p>
        <nav aria-label={kiosk.name}>
          {PAGES.map((each) => (
            <a key={each} href={`#${each}`} aria-current={each === page ? "page" : undefined}>
              {labels[each]}
              {each === "attention" && now !== null && now.waiting > 0 ? (
                <span class="count">{now.waiting}</span>
              ) : null}
            </a>
          ))}
        </nav>
      </header>
      <p class="lost" role="status">
        {isLost ? labels.lost : ""}
      </p>
      <main id="content">
        {name === "sale" ? (
          <SaleView key={id} id={decodeURIComponent(id)} out={out} />
        ) : page === "sales" ? (
          <SalesView positions={(now?.positions ?? []).map(({ view }) => view.id)} out={out} />
        ) : page === "attention" ? (
          <AttentionView out={out} />
        ) : page === "totals" ? (
          <TotalsView out={out} />
        ) : (
          <NowView now={now} out={out} />
        )}
      </main>
      <footer>
        <p>
          {labels.account} <strong>{user}</strong> ({roles[role]})
        </p>
        {children}
        <button type="button" onClick={() => void signOut().then(out)}>
          {labels.signOut}
        </button>
      </footer>
    </>
  );
}

function toContent(): void {
  document.querySelector<HTMLElement>("main h1")?.focus();
}

interface LanguagesProps {
  readonly language: LanguageName;
  readonly speak: (language: LanguageName) => void;
}

function Languages({ language, speak }: LanguagesProps): VNode {
  return (
    <p class="languages">
      {Object.entries(LANGUAGES).map(([name, { languageName, locale }]) => (
        <button
          key={name}
          type="button"
          lang={locale}
          aria-pressed={name === language}
          onClick={() => speak(name as LanguageName)}
        >
          {languageName}
        </button>
      ))}
    </p>
  );
}

setColours();
const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element app.");
render(<App />, root);
