import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { basePerUnit, formatQuantity, UNIT_NAMES } from "../../core/quantity.ts";
import type { SaleEvent } from "../../core/sale/event.ts";
import type { ShownSale } from "../routes/sales.ts";
import { Fact, Field, type Hand, Heading, Question } from "./parts.tsx";
import { type Answer, sale as loadSale, newKey, refund, settleRefund } from "./requests.ts";
import { OutcomeMark } from "./sales.tsx";
import { useAccount, useWords } from "./words.ts";

interface SaleProps extends Hand {
  readonly id: string;
}

type Asked = { readonly kind: "refund"; readonly key: string } | { readonly kind: "made" | "not-made" };

export function SaleView({ id, out }: SaleProps): VNode {
  const { texts } = useWords();
  const { labels } = texts;
  const [shown, setShown] = useState<ShownSale | null>(null);
  const [problem, setProblem] = useState("");
  const [said, say] = useState("");
  const [asked, ask] = useState<Asked | null>(null);

  async function load(): Promise<void> {
    const answer = await loadSale(id);
    if (answer.kind === "out") return out();
    if (answer.kind === "ok") setShown(answer.value);
    else setProblem(answer.kind === "lost" ? labels.lost : labels.missing);
  }

  useEffect(() => {
    void load();
  }, [id]);

  function done(): void {
    ask(null);
    say(labels.done);
    void load();
  }

  return (
    <>
      <Heading>
        {labels.sale} <code>{id}</code>
      </Heading>
      <p class="problem" role="alert">
        {problem}
      </p>
      <p role="status">{said}</p>
      {shown === null ? null : <Life shown={shown} ask={ask} />}
      {asked === null || shown === null ? null : (
        <Asking asked={asked} shown={shown} done={done} close={() => ask(null)} out={out} />
      )}
    </>
  );
}

function Life({ shown, ask }: { readonly shown: ShownSale; readonly ask: (asked: Asked) => void }): VNode {
  const { texts, format, dateTime, time } = useWords();
  const { role } = useAccount();
  const { labels } = texts;
  const { sale, events, refunds, receiptRefusal } = shown;
  const money = (decimal: string): string => format.amount(decimal, sale.currency);
  const mayRefund = role !== "viewer" && Number(sale.refundable) > 0;
  return (
    <>
      <dl class="facts">
        <Fact name={labels.outcome}>
          <OutcomeMark outcome={sale.outcome} /> {sale.reason === null ? null : <code>{sale.reason}</code>}
        </Fact>
        <Fact name={labels.time}>{dateTime(sale.closedAt)}</Fact>
        <Fact name={labels.position}>
          {sale.position}, {sale.product}
        </Fact>
        <Fact name={labels.quantity}>
          {sale.quantity} {sale.unit}
        </Fact>
        <Fact name={labels.reserved}>{money(sale.reserved)}</Fact>
        <Fact name={labels.charged}>
          <strong>{money(sale.charged)}</strong>
        </Fact>
        <Fact name={labels.release}>{money(sale.freed)}</Fact>
        <Fact name={labels.service}>
          {sale.provider ?? ""} <code>{sale.reference ?? sale.invoiceReference ?? ""}</code>
        </Fact>
        {receiptRefusal === null ? null : <Fact name={labels.event}>{receiptRefusal}</Fact>}
      </dl>
      {sale.isRefundUnclear ? <p class="warning">{labels.refundUnclear}</p> : null}
      <p class="buttons">
        {mayRefund ? (
          <button type="button" onClick={() => ask({ kind: "refund", key: newKey() })}>
            {labels.refund}
          </button>
        ) : null}
        {sale.isRefundUnclear && role !== "viewer" ? (
          <>
            <button type="button" onClick={() => ask({ kind: "made" })}>
              {labels.refundMade}
            </button>
            <button type="button" onClick={() => ask({ kind: "not-made" })}>
              {labels.refundNotMade}
            </button>
          </>
        ) : null}
      </p>
      {refunds.length === 0 ? null : (
        <section aria-labelledby="refunds">
          <h2 id="refunds">{labels.refunds}</h2>
          <ul class="plain">
            {refunds.map(({ refundId, amountMinor, state, by, reason, at }) => (
              <li key={refundId}>
                {dateTime(at)}: <strong>{money(minorText(amountMinor, sale.charged))}</strong>{" "}
                {texts.refundStates[state]}
                {by === null ? "" : ` ${labels.by} ${by}`}
                {reason === null ? "" : `: ${reason}`}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Readings events={events} unit={sale.unit} />
      <section aria-labelledby="life">
        <h2 id="life">{labels.event}</h2>
        <ol class="plain life">
          {events
            .filter(({ type }) => type !== "metered")
            .map((event, index) => (
              // Events have no name of their own, and none is ever put before another.
              <li key={index}>
                <time dateTime={new Date(event.atMs).toISOString()}>{time(event.atMs)}</time>
                <span>
                  {texts.events[event.type]}
                  <span class="quiet">{saidOf(event)}</span>
                </span>
              </li>
            ))}
        </ol>
      </section>
    </>
  );
}

/** What the service or a device said, as it said it. */
function saidOf(event: SaleEvent): string {
  const told = ["detail", "reference", "reason", "how"];
  const parts = Object.entries(event).flatMap(([key, value]: [string, unknown]) =>
    told.includes(key) && typeof value === "string" ? [value] : [],
  );
  if (event.type === "captured") parts.push(event.receipt.paymentReference);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

const WIDTH = 320;
const HEIGHT = 96;

/** The meter over the delivery's time. */
function Readings({ events, unit }: { readonly events: readonly SaleEvent[]; readonly unit: string }): VNode | null {
  const { texts, time } = useWords();
  const known = UNIT_NAMES.find((each) => each === unit);
  const points = events.flatMap((event) =>
    "totaliserBase" in event && event.totaliserBase !== null ? [{ atMs: event.atMs, base: event.totaliserBase }] : [],
  );
  const [first] = points;
  const last = points.at(-1);
  if (known === undefined || first === undefined || last === undefined || points.length < 2) return null;
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const span = Math.max(1, ...points.map(({ base }) => base - first.base));
  const line = points.map(({ atMs, base }) => {
    const x = 4 + ((atMs - first.atMs) / spanMs) * (WIDTH - 8);
    return `${x.toFixed(1)},${(HEIGHT - 4 - ((base - first.base) / span) * (HEIGHT - 8)).toFixed(1)}`;
  });
  const most = `${formatQuantity(last.base - first.base, known)} ${unit}`;
  const perMinute = ((last.base - first.base) / basePerUnit(known) / spanMs) * 60_000;
  const summary = `${time(first.atMs)} – ${time(last.atMs)}: ${most}, ${perMinute.toFixed(1)} ${unit}/min`;
  return (
    <figure>
      <figcaption>
        {texts.labels.readings}: {summary}
      </figcaption>
      <svg
        class="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${texts.labels.readings}: ${summary}`}
      >
        <path class="axis" d={`M2 2V${HEIGHT - 2}H${WIDTH - 2}`} />
        <polyline points={line.join(" ")} />
      </svg>
    </figure>
  );
}

interface AskingProps extends Hand {
  readonly asked: Asked;
  readonly shown: ShownSale;
  readonly done: () => void;
  readonly close: () => void;
}

function Asking({ asked, shown: { sale }, done, close, out }: AskingProps): VNode {
  const { labels } = useWords().texts;
  const [amount, setAmount] = useState(sale.refundable);
  const [reason, setReason] = useState("");
  const shared = { onDone: done, onClose: close, onOut: out };
  if (asked.kind !== "refund") {
    const isMade = asked.kind === "made";
    const label = isMade ? labels.refundMade : labels.refundNotMade;
    return (
      <Question
        {...shared}
        title={label}
        hint={labels.settleHint}
        label={label}
        send={() => settleRefund(sale.saleId, isMade)}
      />
    );
  }
  const body = { amount: amount.trim().replace(",", "."), reason, key: asked.key };
  return (
    <Question
      {...shared}
      title={labels.refund}
      hint={labels.refundHint}
      label={`${labels.refund} (${amount} ${sale.currency})`}
      lostLabel="refundAgain"
      send={() => give(sale.saleId, body)}
    >
      <Field
        label={labels.amount}
        hint={`${labels.refundable}: ${sale.refundable} ${sale.currency}`}
        name="amount"
        value={amount}
        onValue={setAmount}
        inputMode="decimal"
        required
        maxLength={12}
      />
      <Field
        label={labels.reason}
        hint={labels.reasonHint}
        name="reason"
        value={reason}
        onValue={setReason}
        required
        maxLength={200}
      />
    </Question>
  );
}

/** Without a clear answer it is not done: the question stays open and says so. */
async function give(id: string, body: Parameters<typeof refund>[1]): Promise<Answer<unknown>> {
  const answer = await refund(id, body);
  if (answer.kind !== "ok" || answer.value.unclear === undefined) return answer;
  return { kind: "refused", reason: answer.value.unclear };
}

/** With as many decimals as another amount of the same currency. */
function minorText(minor: number, like: string): string {
  const decimals = like.split(".")[1]?.length ?? 0;
  return (minor / 10 ** decimals).toFixed(decimals);
}
