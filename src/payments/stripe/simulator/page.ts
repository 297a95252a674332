/** The phone's screen: the list, or one page to pay. Texts of sales are set as text, never as markup. */
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
  label { display: block; margin-top: 1rem; }
  input, select, button { font: inherit; width: 100%; box-sizing: border-box; padding: .7rem; border-radius: .6rem; }
  input, select { border: 1px solid var(--line); background: none; color: inherit; margin-top: .3rem; }
  button { font-weight: 600; border: 0; color: #fff; background: var(--yes); cursor: pointer; margin-top: 1rem; }
  button.no { background: var(--no); } button:disabled { opacity: .5; }
</style>
</head>
<body>
<h1>The customer's phone (simulated)</h1>
<main id="pages"></main>
<p class="note" id="note" role="status"></p>
<script>
const list = document.getElementById("pages");
const note = document.getElementById("note");
const only = (/^[/]c[/]pay[/](\\w+)/.exec(location.pathname) || [])[1];
const CARDS = [["4242 4242 4242 4242", "is taken"], ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "has not enough money"], ["4000 0025 0000 3155", "asks the bank first"]];
const SAID = { declined: "The card was declined. Try another one.", "not-open": "This page has expired.",
  "no-card": "That is no test card.", unknown: "There is no such page.", paid: "", confirm: "" };
let shown = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(text, className, press) {
  const made = element("button", className, text);
  made.type = "button";
  made.onclick = press;
  return made;
}

async function post(path, body) {
  for (const each of list.querySelectorAll("button")) each.disabled = true;
  const response = await fetch("/phone/api/" + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const { result, error } = await response.json();
  note.textContent = error || SAID[result];
  shown = null;
  await refresh();
}

function cardField(session) {
  const label = element("label", "", "Card number");
  const input = element("input");
  input.inputMode = "numeric";
  input.autocomplete = "off";
  input.value = CARDS[0][0];
  const tests = element("select");
  tests.setAttribute("aria-label", "Test cards");
  for (const [number, what] of CARDS) {
    const option = element("option", "", number + " " + what);
    option.value = number;
    tests.append(option);
  }
  tests.onchange = () => { input.value = tests.value; };
  label.append(input, tests);
  return [label, button("Pay", "", () => post("pay", { session, card: input.value }))];
}

function article(page) {
  const made = element("article");
  made.append(element("div", "", page.title), element("div", "amount", page.amount + " " + page.currency));
  if (page.state === "held") {
    made.append(element("div", "note", "Reserved. You pay for what you take."));
  } else if (page.state === "confirm") {
    made.append(element("div", "note", "Your bank asks: is it you who pays?"));
    made.append(button("Confirm", "", () => post("answer", { session: page.session, yes: true })));
    made.append(button("It is not me", "no", () => post("answer", { session: page.session, yes: false })));
  } else {
    made.append(element("div", "note", "Reserves up to this amount."), ...cardField(page.session));
  }
  return made;
}

async function refresh() {
  try {
    const { sessions } = await (await fetch("/phone/api/sessions")).json();
    const pages = only ? sessions.filter(({ session }) => session === only) : sessions;
    const now = JSON.stringify(pages);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...pages.map(article));
    if (pages.length === 0) list.append(element("p", "note", "Nothing to pay right now."));
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
