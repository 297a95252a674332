import { phonePage } from "../../../devices/bench/phone-page.ts";

/** The list, or one page to pay. */
export const PHONE_PAGE = phonePage({
  yes: "#14804a",
  style: `  label { display: block; margin-top: 1rem; }
  input, select, button { font: inherit; width: 100%; box-sizing: border-box; padding: .7rem; border-radius: .6rem; }
  input, select { border: 1px solid var(--line); background: none; color: inherit; margin-top: .3rem; }
  button { font-weight: 600; border: 0; color: #fff; background: var(--yes); cursor: pointer; margin-top: 1rem; }
  button.no { background: var(--no); }
`,
  script: `const only = (/^[/]c[/]pay[/](\\w+)/.exec(location.pathname) || [])[1];
const CARDS = [["4242 4242 4242 4242", "is taken"], ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "has not enough money"], ["4000 0025 0000 3155", "asks the bank first"]];
const SAID = { declined: "The card was declined. Try another one.", "not-open": "This page has expired.",
  "no-card": "That is no test card.", unknown: "There is no such page.", paid: "", confirm: "" };

async function current() {
  const { sessions } = await (await fetch("/phone/api/sessions")).json();
  return only ? sessions.filter(({ session }) => session === only) : sessions;
}

function button(text, className, press) {
  const made = element("button", className, text);
  made.type = "button";
  made.onclick = press;
  return made;
}

function post(path, body) {
  return send(path, body, ({ result, error }) => error || SAID[result]);
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

function card(page) {
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
`,
});
