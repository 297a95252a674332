import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatAmount } from "../../core/money.ts";
import { formatQuantity, UNIT_NAMES } from "../../core/quantity.ts";
import type { Total, Totals, TotalsBy } from "../../ports/sales-history.ts";
import { type Hand, Heading } from "./parts.tsx";
import { totals as loadTotals } from "./requests.ts";
import { useAccount, useWords } from "./words.ts";

const KINDS: readonly TotalsBy[] = ["day", "week", "month"];

export function TotalsView({ out }: Hand): VNode {
  const { labels } = useWords().texts;
  const [by, setBy] = useState<TotalsBy>("day");
  const [totals, setTotals] = useState<Totals | null>(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    let isOver = false;
    setTotals(null);
    void loadTotals(by).then((answer) => {
      if (isOver) return;
      if (answer.kind === "out") out();
      if (answer.kind === "ok") setTotals(answer.value);
      setProblem(answer.kind === "lost" ? labels.lost : answer.kind === "refused" ? answer.reason : "");
    });
    return () => {
      isOver = true;
    };
  }, [by]);

  return (
    <>
      <Heading>{labels.totals}</Heading>
      <fieldset class="choice">
        <legend class="away">{labels.totals}</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="radio" name="by" checked={kind === by} onChange={() => setBy(kind)} /> {labels[kind]}
          </label>
        ))}
      </fieldset>
      <p class="problem" role="alert">
        {problem}
      </p>
      {totals === null ? <p role="status">{labels.wait} …</p> : <Bars totals={totals} by={by} />}
    </>
  );
}

function Bars({ totals: { totals, isPartial }, by }: { readonly totals: Totals; readonly by: TotalsBy }): VNode {
  const { labels } = useWords().texts;
  const most = Math.max(1, ...totals.map(({ chargedMinor }) => chargedMinor));
  return (
    <>
      {isPartial ? <p class="warning">{labels.partial}</p> : null}
      <ol class="bars" reversed>
        {totals.toReversed().map((total) => (
          <li key={total.from}>
            <Bar total={total} by={by} share={total.chargedMinor / most} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Bar({ total, by, share }: { readonly total: Total; readonly by: TotalsBy; readonly share: number }): VNode {
  const { texts, format } = useWords();
  const { currency } = useAccount().kiosk;
  const { paid, released, needsAttention, quantities, chargedMinor, from } = total;
  const all = paid + released + needsAttention;
  const amounts = UNIT_NAMES.flatMap((unit) => {
    const base = quantities[unit];
    return base === undefined || unit === "credit" ? [] : [`${formatQuantity(base, unit)} ${unit}`];
  });
  return (
    <>
      <span class="period">{periodText(from, by, texts.locale)}</span>
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" width="100" height="8" />
        <rect width={(share * 100).toFixed(2)} height="8" />
      </svg>
      <span class="values">
        <strong>{format.amount(formatAmount(chargedMinor, currency), currency)}</strong>
        {amounts.map((each) => (
          <span key={each}>{each}</span>
        ))}
        <span>
          {texts.labels.success}: {paid}/{all}
          {all === 0 ? "" : ` (${Math.round((100 * paid) / all)} %)`}
        </span>
        {needsAttention === 0 ? null : (
          <span>
            {texts.outcomes["needs-attention"]}: {needsAttention}
          </span>
        )}
      </span>
    </>
  );
}

/** Of a local day: in UTC it stays the same day everywhere. */
function periodText(from: string, by: TotalsBy, locale: string): string {
  const options: Intl.DateTimeFormatOptions =
    by === "month" ? { month: "long", year: "numeric" } : { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(new Date(`${from}T12:00:00Z`));
}
