import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Waiting } from "../../ports/operator.ts";
import { Field, type Hand, Heading, Question } from "./parts.tsx";
import { attention, order } from "./requests.ts";
import { useAccount, useWords } from "./words.ts";

export function AttentionView({ out }: Hand): VNode {
  const { texts, dateTime } = useWords();
  const { role } = useAccount();
  const { labels } = texts;
  const [waiting, setWaiting] = useState<readonly Waiting[] | null>(null);
  const [asked, ask] = useState<Waiting | "reconcile" | null>(null);
  const [problem, setProblem] = useState("");

  async function load(): Promise<void> {
    const answer = await attention();
    if (answer.kind === "out") return out();
    if (answer.kind === "ok") setWaiting(answer.value);
    setProblem(answer.kind === "lost" ? labels.lost : answer.kind === "refused" ? answer.reason : "");
  }

  useEffect(() => {
    void load();
  }, []);

  const close = (): void => ask(null);
  const done = (): void => {
    close();
    void load();
  };
  return (
    <>
      <Heading>{labels.attention}</Heading>
      <p class="problem" role="alert">
        {problem}
      </p>
      {waiting?.length === 0 ? <p>{labels.attentionNone}</p> : null}
      <ol class="faults">
        {(waiting ?? []).map((each) => (
          <li key={`${each.code} ${each.position} ${each.saleId} ${each.since} ${each.detail}`}>
            <h2>{texts.faults[each.code].title}</h2>
            <p class="quiet">
              {each.position === null ? labels.wholeKiosk : `${labels.position} ${each.position}`}, {labels.since}{" "}
              {dateTime(each.since)}
            </p>
            <p class="detail">{each.detail}</p>
            <p class="advice">{texts.faults[each.code].advice}</p>
            <p class="buttons">
              {each.saleId === null ? null : (
                <a class="button" href={`#sale/${each.saleId}`}>
                  {labels.sale} {each.saleId}
                </a>
              )}
              {role === "viewer" ? null : (
                <button type="button" onClick={() => ask(each)}>
                  {labels.acknowledge}
                </button>
              )}
            </p>
          </li>
        ))}
      </ol>
      {role === "viewer" ? null : (
        <p class="buttons">
          <button type="button" onClick={() => ask("reconcile")}>
            {labels.reconcile}
          </button>
        </p>
      )}
      {asked === "reconcile" ? (
        <Question
          title={labels.reconcile}
          hint={labels.reconcileHint}
          label={labels.reconcile}
          send={() => order("reconcile", {})}
          onDone={done}
          onClose={close}
          onOut={out}
        />
      ) : null}
      {asked === null || asked === "reconcile" ? null : (
        <Acknowledge matter={asked} done={done} close={close} out={out} />
      )}
    </>
  );
}

interface AcknowledgeProps extends Hand {
  readonly matter: Waiting;
  readonly done: () => void;
  readonly close: () => void;
}

function Acknowledge({ matter, done, close, out }: AcknowledgeProps): VNode {
  const { texts } = useWords();
  const { labels } = texts;
  const [note, setNote] = useState("");
  const { code, position, saleId } = matter;
  const body = {
    code,
    note,
    ...(position === null ? {} : { position }),
    // Differences in the books are settled by position.
    ...(saleId === null || code === "books-differ" ? {} : { sale: saleId }),
  };
  return (
    <Question
      title={`${labels.acknowledge}: ${texts.faults[code].title}`}
      hint={labels.acknowledgeHint}
      label={labels.acknowledge}
      send={() => order("acknowledge", body)}
      onDone={done}
      onClose={close}
      onOut={out}
    >
      <p class="detail">{matter.detail}</p>
      <Field
        label={labels.note}
        hint={labels.noteHint}
        name="note"
        type="textarea"
        value={note}
        onValue={setNote}
        required
        maxLength={500}
      />
    </Question>
  );
}
