import { choosingPhonePage } from "../../../devices/bench/phone-page.ts";

export const PHONE_PAGE = choosingPhonePage({
  yes: "#14804a",
  script: `async function current() {
  return (await (await fetch("/phone/api/bills")).json()).bills;
}

function offerOf({ title, amount, currency, status, invoiceReference }) {
  const detail = "bill " + invoiceReference;
  return { title, amount: amount + " " + currency, isHeld: status === "RESERVED", detail, body: { invoiceReference } };
}
`,
});
