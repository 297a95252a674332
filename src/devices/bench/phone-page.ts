import { cssOf } from "../../platform/look/palette.ts";

interface PhonePage {
  /** The colour of a yes. */
  readonly yes: string;
  /** More of the style. */
  readonly style: string;
  /**
   * Has `async function current()`, which gives what there is to pay, and `function card(one)`, its element. It may use
   * `element`, `list`, `note`, and `send(path, body, said)`, which posts and shows what `said` makes of the answer.
   */
  readonly script: string;
}

/** The screen of a simulated phone. Texts of sales are to be set as text, never as markup. */
export function phonePage({ yes, style, script }: PhonePage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone</title>
<style>
  :root { color-scheme: light dark; ${cssOf("light")} --yes: ${yes}; --no: var(--stop); }
  @media (prefers-color-scheme: dark) { :root { ${cssOf("dark")} --no: #b00020; } }
  body { background: var(--paper); color: var(--ink); font: 17px/1.4 "Noto Sans", system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 1.2rem; }
  h1 { color: var(--quiet); font-size: 1.1rem; font-weight: 600; margin: 0 0 1rem; }
  article { border: 1px solid var(--line); border-radius: 1rem; padding: 1.2rem; margin-bottom: 1rem; }
  .amount { font-size: 2rem; font-weight: 700; font-variant-numeric: tabular-nums; }
  .note { color: var(--quiet); font-size: .9rem; }
  button:disabled { opacity: .5; }
${style}</style>
</head>
<body>
<h1>The customer's phone (simulated)</h1>
<main id="list"></main>
<p class="note" id="note" role="status"></p>
<script>
const list = document.getElementById("list");
const note = document.getElementById("note");
let shown = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

async function send(path, body, said) {
  for (const button of list.querySelectorAll("button")) button.disabled = true;
  const response = await fetch("/phone/api/" + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  note.textContent = said(await response.json());
  shown = null;
  await refresh();
}

${script}
async function refresh() {
  try {
    const all = await current();
    const now = JSON.stringify(all);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...all.map(card));
    if (all.length === 0) list.append(element("p", "note", "Nothing to pay right now."));
  } catch {
    note.textContent = "No connection.";
  }
}

refresh();
setInterval(refresh, 1000);
</script>
</body>
</html>
`;
}

/** A phone that confirms or declines, each with one press. The script must give `offerOf(one)`: what its card says. */
export function choosingPhonePage({ yes, script }: Pick<PhonePage, "yes" | "script">): string {
  return phonePage({
    yes,
    style: `  .buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; margin-top: 1rem; }
  button { font: inherit; font-weight: 600; padding: .9rem; border: 0; border-radius: .8rem; color: #fff; cursor: pointer; }
  button.yes { background: var(--yes); } button.no { background: var(--no); }
`,
    script: `${script}
function card(one) {
  const { title, amount, isHeld, detail, body } = offerOf(one);
  const made = element("article");
  made.append(element("div", "", title), element("div", "amount", amount));
  if (isHeld) {
    made.append(element("div", "note", "Reserved. You pay for what you take."));
    return made;
  }
  made.append(element("div", "note", "Reserves up to this amount; " + detail));
  const buttons = element("div", "buttons");
  for (const [choice, className, text] of [["decline", "no", "Decline"], ["confirm", "yes", "Confirm"]]) {
    const button = element("button", className, text);
    button.type = "button";
    button.onclick = () => send(choice, body, ({ error }) => error || "");
    buttons.append(button);
  }
  made.append(buttons);
  return made;
}
`,
  });
}
