import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { SaleRecord } from "../../core/sale/record.ts";
import type { ListedSale } from "../routes/sales.ts";
import { Field, type Hand, Heading, Select } from "./parts.tsx";
import { type SalesFilter, type SalesList, sales } from "./requests.ts";
import { useAccount, useWords } from "./words.ts";

interface SalesProps extends Hand {
  readonly positions: readonly string[];
}

const NOTHING: SalesFilter = { from: "", until: "", position: "", outcome: "" };

export function SalesView({ positions, out }: SalesProps): VNode {
  const { texts } = useWords();
  const { labels, outcomes } = texts;
  const { timezone } = useAccount().kiosk;
  const [wish, setWish] = useState({ from: "", until: "", position: "", outcome: "" });
  const [filter, setFilter] = useState(NOTHING);
  const [list, setList] = useState<SalesList | null>(null);
  const [problem, setProblem] = useState("");
  const [isLoading, setLoading] = useState(false);

  async function load(wanted: SalesFilter, known: SalesList | null): Promise<void> {
    setLoading(true);
    const answer = await sales(wanted, known?.next ?? null);
    setLoading(false);
    setProblem(answer.kind === "refused" ? answer.reason : answer.kind === "lost" ? labels.lost : "");
    if (answer.kind === "out") return out();
    if (answer.kind !== "ok") return;
    const { sales: found, next } = answer.value;
    setList({ sales: [...(known?.sales ?? []), ...found], next });
  }

  useEffect(() => {
    void load(filter, null);
  }, [filter]);

  function search(event: Event): void {
    event.preventDefault();
    setList(null);
    const day = (date: string, after: number): string => (date === "" ? "" : startOfDay(date, after, timezone));
    setFilter({ ...wish, from: day(wish.from, 0), until: day(wish.until, 1) });
  }

  const every = [["", labels.all] as const];
  return (
    <>
      <Heading>{labels.sales}</Heading>
      <form class="filter" onSubmit={search}>
        <Field
          label={labels.from}
          name="from"
          type="date"
          value={wish.from}
          onValue={(from) => setWish({ ...wish, from })}
        />
        <Field
          label={labels.until}
          name="until"
          type="date"
          value={wish.until}
          onValue={(until) => setWish({ ...wish, until })}
        />
        <Select
          label={labels.position}
          value={wish.position}
          options={[...every, ...positions.map((id) => [id, id] as const)]}
          onValue={(position) => setWish({ ...wish, position })}
        />
        <Select
          label={labels.outcome}
          value={wish.outcome}
          options={[...every, ...Object.entries(outcomes)]}
          onValue={(outcome) => setWish({ ...wish, outcome })}
        />
        <button type="submit" class="main">
          {labels.search}
        </button>
      </form>
      <p class="problem" role="alert">
        {problem}
      </p>
      {list === null ? null : <Found list={list} />}
      <p role="status">{isLoading ? `${labels.wait} …` : ""}</p>
      {list?.next == null || isLoading ? null : (
        <p class="buttons">
          <button type="button" onClick={() => void load(filter, list)}>
            {labels.more}
          </button>
        </p>
      )}
    </>
  );
}

function Found({ list }: { readonly list: SalesList }): VNode {
  const { labels } = useWords().texts;
  if (list.sales.length === 0) return <p>{list.next === null ? labels.noSales : labels.older}</p>;
  return (
    <ul class="rows">
      {list.sales.map((sale) => (
        <li key={sale.seq}>
          <SaleRow sale={sale} />
        </li>
      ))}
    </ul>
  );
}

function SaleRow({ sale }: { readonly sale: ListedSale }): VNode {
  const { texts, format, dateTime } = useWords();
  const { labels } = texts;
  return (
    <a class="row" href={`#sale/${sale.saleId}`}>
      <span class="when">{dateTime(sale.closedAt)}</span>
      <span class="what">
        {labels.position} {sale.position}, {sale.product}
      </span>
      <span class="figures">
        {sale.quantity} {sale.unit}
        {" · "}
        <strong>{format.amount(sale.charged, sale.currency)}</strong>
        {Number(sale.refunded) > 0 ? (
          <span>
            {" · "}
            {labels.refunded} {format.amount(sale.refunded, sale.currency)}
          </span>
        ) : null}
      </span>
      <OutcomeMark outcome={sale.outcome} />
    </a>
  );
}

export function OutcomeMark({ outcome }: Pick<SaleRecord, "outcome">): VNode {
  const { outcomes } = useWords().texts;
  return (
    <span class="outcome" data-outcome={outcome}>
      {outcomes[outcome]}
    </span>
  );
}

/** When a day begins in a zone, some days later. */
function startOfDay(date: string, daysLater: number, timeZone: string): string {
  const wantedMs = Date.parse(`${date}T00:00:00Z`) + daysLater * 86_400_000;
  // The zone's offset at about that time, looked at twice for nights in which it changes.
  const first = wantedMs - offsetMs(wantedMs, timeZone);
  return new Date(wantedMs - offsetMs(first, timeZone)).toISOString();
}

function offsetMs(atMs: number, timeZone: string): number {
  const local = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(atMs);
  return Date.parse(`${local.replace(" ", "T")}Z`) - Math.floor(atMs / 1_000) * 1_000;
}
