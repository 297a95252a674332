import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { PERSON_CODES } from "../../core/faults.ts";
import { notSellingText } from "../../core/not-selling.ts";
import { placeOf } from "../../displays/place.ts";
import { screenOf } from "../../displays/screen.ts";
import type { Now, NowFault, NowPosition } from "../routes/now.ts";
import { Fact, Field, type Hand, Heading, Question } from "./parts.tsx";
import { order } from "./requests.ts";
import { useAccount, useWords } from "./words.ts";

type Asked =
  | { readonly kind: "block" | "unblock"; readonly position: string | null }
  | { readonly kind: "stop" | "set-price"; readonly position: string };

interface NowProps extends Hand {
  readonly now: Now | null;
}

export function NowView({ now, out }: NowProps): VNode {
  const { texts } = useWords();
  const { role } = useAccount();
  const [asked, ask] = useState<Asked | null>(null);
  const { labels } = texts;
  if (now === null) return <p class="wait">{labels.wait} …</p>;
  return (
    <>
      <Heading>{labels.now}</Heading>
      <ul class="cards">
        {now.positions.map((each) => (
          <li key={each.view.id}>
            <PositionCard {...each} faults={now.faults} ask={ask} />
          </li>
        ))}
      </ul>
      <section class="whole" aria-labelledby="faults">
        <h2 id="faults">{labels.faults}</h2>
        {now.faults.length === 0 ? <p>{labels.faultsNone}</p> : <FaultList faults={now.faults} />}
      </section>
      {role === "viewer" ? null : (
        <p class="buttons">
          <button type="button" onClick={() => ask({ kind: now.block === null ? "block" : "unblock", position: null })}>
            {now.block === null ? labels.blockAll : labels.unblockAll}
          </button>
        </p>
      )}
      {asked === null ? null : <Order asked={asked} close={() => ask(null)} out={out} />}
    </>
  );
}

interface CardProps extends NowPosition {
  readonly faults: readonly NowFault[];
  readonly ask: (asked: Asked) => void;
}

function PositionCard({ view, notSelling, block, price, ask }: CardProps): VNode {
  const { texts, display, format, dateTime } = useWords();
  const { role } = useAccount();
  const { labels } = texts;
  const { title, detail } = screenOf(view, display);
  const isOpen = !["idle", "closed"].includes(view.state);
  const unitPrice = format.unitPrice({ ...view, unitPrice: price?.unitPrice ?? view.unitPrice });
  return (
    <article class="card" data-selling={notSelling === null}>
      <h2>
        {placeOf(view, display.texts)} <span class="product">{view.product.name}</span>
      </h2>
      <p class="selling">
        <Mark isGood={notSelling === null} />
        {notSelling === null ? labels[isOpen ? "serves" : "sells"] : notSellingText(notSelling, texts.notSelling)}
      </p>
      <dl>
        <Fact name={labels.customerSees}>
          {title}
          {detail === "" ? null : <span class="quiet"> {detail}</span>}
        </Fact>
        {isOpen ? (
          <>
            <Fact name={labels.quantity}>
              {format.quantity(view)} {format.unit(view)}
            </Fact>
            <Fact name={labels.amount}>
              {format.amount(view.amount, view.currency)}
              {view.reserved === null ? null : (
                <span class="quiet">
                  {" "}
                  ({labels.reserved} {format.amount(view.reserved, view.currency)})
                </span>
              )}
            </Fact>
          </>
        ) : null}
        <Fact name={labels.price}>
          {unitPrice}
          {price?.ordered == null ? null : (
            <span class="quiet">
              {" "}
              ({labels.since} {dateTime(price.ordered.since)}; {labels.priceConfigured}{" "}
              {format.unitPrice({ ...view, unitPrice: price.configured })})
            </span>
          )}
        </Fact>
        {block === null ? null : (
          <Fact name={labels.blocked}>
            {block.reason}
            <span class="quiet">
              {" "}
              ({labels.since} {dateTime(block.since)}
              {block.by === null ? "" : `, ${labels.by} ${block.by}`})
            </span>
          </Fact>
        )}
      </dl>
      {role === "viewer" ? null : (
        <p class="buttons">
          {isOpen ? (
            <button type="button" class="grave" onClick={() => ask({ kind: "stop", position: view.id })}>
              {labels.stop}
            </button>
          ) : null}
          <button type="button" onClick={() => ask({ kind: block === null ? "block" : "unblock", position: view.id })}>
            {block === null ? labels.block : labels.unblock}
          </button>
          {role === "owner" && view.product.unit !== "credit" ? (
            <button type="button" onClick={() => ask({ kind: "set-price", position: view.id })}>
              {labels.setPrice}
            </button>
          ) : null}
        </p>
      )}
    </article>
  );
}

/** A form beside the colour, for whoever sees no colours. */
function Mark({ isGood }: { readonly isGood: boolean }): VNode {
  return (
    <svg class={isGood ? "mark good" : "mark bad"} viewBox="0 0 16 16" aria-hidden="true">
      {isGood ? <path d="M2 9l4 4 8-10" /> : <path d="M3 3l10 10M13 3L3 13" />}
    </svg>
  );
}

function FaultList({ faults }: { readonly faults: readonly NowFault[] }): VNode {
  const { texts, dateTime } = useWords();
  const { labels } = texts;
  return (
    <ul class="faults">
      {faults.map(({ code, position, detail, since, severity, advice, isOwnAdvice }) => (
        <li key={`${code} ${position}`} data-severity={severity}>
          <h3>
            <Mark isGood={false} />
            {texts.faults[code].title}
          </h3>
          <p class="quiet">
            {position === null ? labels.wholeKiosk : `${labels.position} ${position}`}, {labels.since} {dateTime(since)}
          </p>
          <p class="detail">{detail}</p>
          <p class="advice">{isOwnAdvice ? advice : texts.faults[code].advice}</p>
          {PERSON_CODES.some((each) => each === code) ? (
            <p class="buttons">
              <a class="button" href="#attention">
                {labels.attention}
              </a>
            </p>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Order({ asked, close, out }: { readonly asked: Asked; readonly close: () => void } & Hand): VNode {
  const { labels } = useWords().texts;
  const [text, setText] = useState("");
  const { kind, position } = asked;
  const at = position === null ? {} : { position };
  const where = position === null ? labels.wholeKiosk : `${labels.position} ${position}`;
  const shared = { onDone: close, onClose: close, onOut: out };
  switch (kind) {
    case "stop":
      return (
        <Question
          {...shared}
          title={`${labels.stop}: ${where}`}
          hint={labels.stopHint}
          label={labels.stop}
          isGrave
          send={() => order("stop", at)}
        />
      );
    case "unblock":
      return (
        <Question
          {...shared}
          title={`${labels.unblock}: ${where}`}
          label={labels.unblock}
          send={() => order("unblock", at)}
        />
      );
    case "block":
      return (
        <Question
          {...shared}
          title={`${labels.block}: ${where}`}
          label={labels.block}
          send={() => order("block", { ...at, reason: text })}
        >
          <Field
            label={labels.reason}
            hint={labels.reasonHint}
            name="reason"
            value={text}
            onValue={setText}
            required
            maxLength={200}
          />
        </Question>
      );
    case "set-price":
      return (
        <Question
          {...shared}
          title={`${labels.setPrice}: ${where}`}
          label={labels.save}
          send={() => order("set-price", { ...at, unitPrice: text.trim().replace(",", ".") })}
        >
          <Field
            label={labels.newPrice}
            name="price"
            value={text}
            onValue={setText}
            required
            inputMode="decimal"
            maxLength={12}
          />
        </Question>
      );
  }
}
