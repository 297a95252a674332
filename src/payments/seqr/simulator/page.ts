/** The phone's screen. Texts from bills are set as text, never as markup. */
export const PHONE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --yes: #14804a; --no: #b3261e; }
  body { font: 17px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 1.2rem; }
  h1 { font-size: 1.1rem; font-weight: 600; opacity: .7; margin: 0 0 1rem; }
  article { border: 1px solid var(--line); border-radius: 1rem; padding: 1.2rem; margin-bottom: 1rem; }
  .amount { font-size: 2rem; font-weight: 700; font-variant-numeric: tabular-nums; }
  .note { opacity: .7; font-size: .9rem; }
  .buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; margin-top: 1rem; }
  button { font: inherit; font-weight: 600; padding: .9rem; border: 0; border-radius: .8rem; color: #fff; cursor: pointer; }
  button.yes { background: var(--yes); } button.no { background: var(--no); }
  button:disabled { opacity: .5; }
</style>
</head>
<body>
<h1>The customer's phone (simulated)</h1>
<main id="bills"></main>
<p class="note" id="note" role="status"></p>
<script>
const list = document.getElementById("bills");
const note = document.getElementById("note");
let shown = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

async function choose(choice, invoiceReference) {
  for (const button of list.querySelectorAll("button")) button.disabled = true;
  const response = await fetch("/phone/api/" + choice, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ invoiceReference }),
  });
  note.textContent = response.ok ? "" : (await response.json()).error;
  shown = null;
  await refresh();
}

function card(bill) {
  const made = element("article");
  made.append(element("div", "", bill.title), element("div", "amount", bill.amount + " " + bill.currency));
  if (bill.status === "RESERVED") {
    made.append(element("div", "note", "Reserved. You pay for what you take."));
    return made;
  }
  made.append(element("div", "note", "Reserves up to this amount; bill " + bill.invoiceReference));
  const buttons = element("div", "buttons");
  for (const [choice, className, text] of [["decline", "no", "Decline"], ["confirm", "yes", "Confirm"]]) {
    const button = element("button", className, text);
    button.type = "button";
    button.onclick = () => choose(choice, bill.invoiceReference);
    buttons.append(button);
  }
  made.append(buttons);
  return made;
}

async function refresh() {
  try {
    const { bills } = await (await fetch("/phone/api/bills")).json();
    const now = JSON.stringify(bills);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...bills.map(card));
    if (bills.length === 0) list.append(element("p", "note", "Nothing to pay right now."));
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
