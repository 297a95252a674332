import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Field, Heading } from "./parts.tsx";
import { type Account, setPassword, signIn } from "./requests.ts";
import { useWords } from "./words.ts";

interface SignInProps {
  readonly notice: string;
  readonly onAccount: (account: Account) => void;
}

export function SignIn({ notice, onAccount }: SignInProps): VNode {
  const { labels } = useWords().texts;
  const [hasCode, setHasCode] = useState(false);
  const [user, setUser] = useState("");
  const [password, setPasswordText] = useState("");
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState("");
  const [isSending, setSending] = useState(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    setProblem("");
    const answer = await (hasCode ? setPassword(code, password) : signIn(user.trim().toLowerCase(), password));
    setSending(false);
    if (answer.kind === "ok") onAccount(answer.value);
    else setProblem(answer.kind === "refused" ? answer.reason : labels.lost);
  }

  /** What was wrong of the one says nothing of the other. */
  function change(): void {
    setHasCode(!hasCode);
    setProblem("");
  }

  const label = hasCode ? labels.setPassword : labels.signIn;
  return (
    <div class="sign-in">
      <Heading>{label}</Heading>
      <p role="status">{notice}</p>
      <form onSubmit={(event) => void submit(event)}>
        {hasCode ? (
          <Field
            label={labels.code}
            hint={labels.codeHint}
            name="code"
            value={code}
            onValue={setCode}
            autocomplete="one-time-code"
            required
          />
        ) : (
          <Field label={labels.user} name="user" value={user} onValue={setUser} autocomplete="username" required />
        )}
        <Field
          label={hasCode ? labels.passwordNew : labels.password}
          {...(hasCode ? { hint: labels.passwordHint } : {})}
          name="password"
          type="password"
          value={password}
          onValue={setPasswordText}
          autocomplete={hasCode ? "new-password" : "current-password"}
          required
          maxLength={128}
        />
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="main" aria-disabled={isSending}>
            {isSending ? `${labels.wait} …` : label}
          </button>
          <button type="button" onClick={change}>
            {hasCode ? labels.havePassword : labels.haveCode}
          </button>
        </div>
      </form>
    </div>
  );
}
