import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Label } from "../texts/texts.ts";
import type { Answer } from "./requests.ts";
import { useWords } from "./words.ts";

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly name: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly type?: "text" | "password" | "date" | "textarea";
  readonly autocomplete?: string;
  readonly inputMode?: "decimal" | "text";
  readonly required?: boolean;
  readonly maxLength?: number;
}

export function Field({ label, hint, onValue, type = "text", ...rest }: FieldProps): VNode {
  const id = useId();
  const shared = {
    ...rest,
    id,
    ...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` }),
    onInput: (event: Event) => onValue((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "textarea" ? <textarea rows={2} {...shared} /> : <input type={type as "text"} {...shared} />}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onValue: (value: string) => void;
}

export function Select({ label, value, options, onValue }: SelectProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A pair of a name and what it is. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface QuestionProps {
  readonly title: string;
  readonly hint?: string;
  /** What is sent; asks again after `lost`. */
  readonly send: () => Promise<Answer<unknown>>;
  readonly label: string;
  /** What a lost answer means here. */
  readonly lostLabel?: Label;
  readonly isGrave?: boolean;
  readonly onDone: () => void;
  readonly onOut: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** A question about one act, with a way back; the button sends once, until an answer came. */
export function Question(props: QuestionProps): VNode {
  const { title, hint, send, label, lostLabel = "lost", isGrave, onDone, onOut, onClose, children } = props;
  const { labels } = useWords().texts;
  const dialog = useRef<HTMLDialogElement>(null);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    setProblem("");
    const answer = await send();
    setSending(false);
    if (answer.kind === "ok") onDone();
    else if (answer.kind === "out") onOut();
    else setProblem(answer.kind === "lost" ? labels[lostLabel] : answer.reason);
  }

  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={id}>{title}</h2>
        {hint === undefined ? null : <p>{hint}</p>}
        {children}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class={isGrave === true ? "grave" : "main"} aria-disabled={isSending}>
            {isSending ? `${labels.wait} …` : label}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {labels.cancel}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export interface Hand {
  /** Not signed in any more. */
  readonly out: () => void;
}

/** The heading that a reader is taken to when the page changes. */
export function Heading({ children }: { readonly children: ComponentChildren }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
