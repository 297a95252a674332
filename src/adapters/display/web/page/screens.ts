import type { PositionView } from "../../../../core/sale/view.ts";
import { element, setText } from "./dom.ts";
import { countdown, type Format } from "./format.ts";
import { button, codeImage, facts } from "./parts.ts";
import type { Texts } from "./texts.ts";

/** Longer texts are drawn smaller, so that they fit into a line. */
const SHORT_CHOICE_LENGTH = 6;
const SHORT_AMOUNT_LENGTH = 10;

/** One position's screen. Numbers change in place, so that a button under a finger stays the same button. */
export interface Screen {
  readonly root: HTMLElement;
  update(view: PositionView, nowMs: number): void;
}

export interface ScreenContext {
  readonly texts: Texts;
  readonly format: Format;
  act(position: string, action: "select" | "stop" | "cancel", body?: Readonly<Record<string, string>>): void;
  /** The customer has read the outcome and wants to choose again. */
  dismiss(view: PositionView): void;
}

export function screenFor(view: PositionView, context: ScreenContext): Screen {
  switch (view.message) {
    case "choose":
      return chooseScreen(view, context);
    case "scan":
      return scanScreen(view, context);
    case "begin":
      return beginScreen(view, context);
    case "dispensing":
    case "stopping":
      return liveScreen(view, context);
    case "preparing":
    case "wait":
    case "settling":
    case "releasing":
      return waitScreen(view, context);
    case "out-of-service":
      return still("out", heading(view, context));
    case "paid":
    case "in-review":
    case "canceled":
    case "declined":
    case "expired":
    case "nothing-dispensed":
    case "unavailable":
    case "failed":
      return outcomeScreen(view, context);
  }
}

function chooseScreen(view: PositionView, { texts, format, act }: ScreenContext): Screen {
  const { title, detail } = texts.messages.choose;
  const choices = view.reserve.map((reserve) => {
    const label = format.roundAmount(reserve, view.currency);
    const choice = button(label, "choice", () => act(view.id, "select", { reserve }));
    choice.dataset["reserve"] = reserve;
    return choice;
  });
  const isLong = choices.some(({ textContent }) => textContent.length > SHORT_CHOICE_LENGTH);
  return still(
    isLong ? "choose long" : "choose",
    element("p", "product", view.product.name, element("span", "price", format.unitPrice(view))),
    element("h2", "", title),
    element("div", "choices", ...choices),
    element("p", "detail", detail),
  );
}

function scanScreen(view: PositionView, context: ScreenContext): Screen {
  const { texts, format, act } = context;
  const { id, saleId, reserved, currency } = view;
  const url = `/api/positions/${encodeURIComponent(id)}/qr.svg?sale=${encodeURIComponent(saleId ?? "")}`;
  const image = codeImage(url, texts.messages.scan.title);
  const code = element("div", "code", image);
  const left = element("span", "countdown");
  const title = element("h2", "", texts.messages.scan.title);
  const root = element(
    "section",
    "screen scan",
    code,
    element(
      "div",
      "side",
      title,
      element("p", "amount", `${texts.labels.upTo} `, format.roundAmount(reserved ?? "0", currency)),
      element("p", "detail", texts.messages.scan.detail),
      element("p", "time", `${texts.labels.timeLeft} `, left),
      button(texts.labels.cancel, "secondary", () => act(id, "cancel")),
    ),
  );
  return {
    root,
    update: ({ expiresAt }, nowMs) => {
      const leftMs = expiresAt === null ? 0 : Date.parse(expiresAt) - nowMs;
      setText(left, countdown(leftMs));
      if (leftMs > 0) return;
      image.remove();
      setText(title, texts.messages.wait.title);
    },
  };
}

function beginScreen(view: PositionView, context: ScreenContext): Screen {
  const { texts, format, act } = context;
  return still(
    "begin",
    ...heading(view, context),
    element("p", "amount", `${texts.labels.upTo} `, format.roundAmount(view.reserved ?? "0", view.currency)),
    element("p", "product", view.product.name, element("span", "price", format.unitPrice(view))),
    button(texts.labels.cancel, "secondary", () => act(view.id, "cancel")),
  );
}

function liveScreen(view: PositionView, { texts, format, act }: ScreenContext): Screen {
  const quantity = element("span", "number");
  const amount = element("span", "number");
  const stop = button(texts.labels.stop, "stop", () => act(view.id, "stop"));
  const root = element(
    "section",
    "screen live",
    element("p", "product", view.product.name, element("span", "price", format.unitPrice(view))),
    element("p", "reading quantity", quantity, element("span", "unit", format.unit(view))),
    element("p", "reading money", amount),
    view.message === "stopping" ? element("h2", "stopping", texts.messages.stopping.title) : stop,
  );
  return {
    root,
    update: (now) => {
      setText(quantity, format.quantity(now));
      setText(amount, format.amount(now.amount, now.currency));
      root.classList.toggle("long", amount.textContent.length > SHORT_AMOUNT_LENGTH);
    },
  };
}

function waitScreen(view: PositionView, context: ScreenContext): Screen {
  const { texts, format, act } = context;
  const canCancel = view.message === "wait";
  const root = element("section", "screen wait", element("div", "spinner"), ...heading(view, context));
  if (view.message === "settling") {
    const taken = `${format.quantity(view)} ${format.unit(view)}`;
    root.append(element("p", "amount", `${taken} · ${format.amount(view.amount, view.currency)}`));
  }
  if (canCancel) root.append(button(texts.labels.cancel, "secondary", () => act(view.id, "cancel")));
  return { root, update: () => undefined };
}

function outcomeScreen(view: PositionView, context: ScreenContext): Screen {
  const { texts, format, dismiss } = context;
  const { labels } = texts;
  const money = (decimal: string | null): string | null =>
    decimal === null ? null : format.amount(decimal, view.currency);
  const isPaid = view.message === "paid";
  const rows = [
    [labels.quantity, `${format.quantity(view)} ${format.unit(view)}`],
    [labels.reserved, money(view.reserved)],
    [labels.charged, money(view.charged)],
    [labels.freed, money(view.freed)],
    [labels.reference, view.reference],
  ] as const;
  const root = element("section", `screen outcome ${isPaid ? "paid" : "unpaid"}`, ...heading(view, context));
  if (isPaid) root.append(facts(rows));
  else if (view.message === "in-review")
    root.append(facts([rows[0], rows[1], [labels.reference, view.reference ?? view.saleId]]));
  if (view.available) root.append(button(labels.startAgain, "secondary", () => dismiss(view)));
  return { root, update: () => undefined };
}

function heading(view: PositionView, { texts }: ScreenContext): readonly HTMLElement[] {
  const { title, detail } = texts.messages[view.message];
  return detail === "" ? [element("h2", "", title)] : [element("h2", "", title), element("p", "detail", detail)];
}

function still(name: string, ...content: readonly (HTMLElement | readonly HTMLElement[])[]): Screen {
  return { root: element("section", `screen ${name}`, ...content.flat()), update: () => undefined };
}
