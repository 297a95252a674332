import type { FaultOwner } from "../core/faults.ts";
import type { Message, PositionView } from "../core/sale/view.ts";
import type { CustomerInput, InputAnswer } from "../ports/display.ts";
import { hasUnitPrice, placeOf, serviceOf } from "./place.ts";
import { momentAndTax, receiptText } from "./receipt.ts";
import type { Language } from "./texts/languages.ts";
import type { Saying, Texts, Trouble } from "./texts/texts.ts";
import { clockText, secondsLeft } from "./time-sold.ts";

export type ScreenKind =
  | "choose"
  | "scan"
  | "confirm"
  | "begin"
  | "live"
  | "busy"
  | "paid"
  | "receipt"
  | "ended"
  | "out-of-service"
  | "no-connection";

/** A number with its name, as it is read: amounts, unit prices and quantities are the largest things on a screen. */
export interface Figure {
  readonly role: "quantity" | "amount" | "unit-price" | "reserved" | "freed" | "reference";
  readonly label: string;
  readonly text: string;
}

/** What the display does by itself: give way to the next sale, show the receipt's code, take it away. */
export type Action = Request | { readonly kind: "dismiss" | "receipt" | "close"; readonly label: string };

/** An action that the kiosk is asked for. */
export type Request =
  | { readonly kind: "select"; readonly label: string; readonly reserve: string; readonly unitPrice: string }
  | { readonly kind: "stop" | "cancel" | "extend"; readonly label: string };

/** Whether the kiosk has to be asked, or the display does it alone. */
export function isRequest(action: Action): action is Request {
  return action.kind !== "dismiss" && action.kind !== "receipt" && action.kind !== "close";
}

export function ask(input: CustomerInput, position: string, request: Request): Promise<InputAnswer> {
  if (request.kind === "select") return input.select(position, request.reserve, request.unitPrice);
  return input[request.kind](position);
}

/** The label that says why a press was not taken. */
export type RefusalLabel = "notNow" | "priceChanged";

export function refusalLabel(kind: Exclude<InputAnswer["kind"], "taken">): RefusalLabel {
  return kind === "other-price" ? "priceChanged" : "notNow";
}

/** All that one position's screen says in one language. What draws it decides where it stands, and nothing else. */
export interface Screen {
  readonly kind: ScreenKind;
  readonly title: string;
  /** What to do next; empty when the title says it all. */
  readonly detail: string;
  /** What customers call the position, such as `Pump 1`. */
  readonly place: string;
  readonly product: string;
  /** In the order of their importance. */
  readonly figures: readonly Figure[];
  /** What the price consists of, and what is paid in the end. */
  readonly terms: readonly string[];
  /** How to pay, in three steps. */
  readonly steps: readonly string[];
  /** How much of the reservation is used; null where that means nothing. */
  readonly share: Share | null;
  /** The text of the code to show. */
  readonly code: string | null;
  readonly timeout: Timeout | null;
  readonly actions: readonly Action[];
  /** A delivery that somebody or something broke off: no moment for thanks. */
  readonly isBrokenOff: boolean;
  /** Whom to ask has to be told. */
  readonly needsHelp: boolean;
}

/** From 0 to 1, and in whole percent: 100 % only when all of it is used. */
interface Share {
  readonly part: number;
  readonly percent: string;
}

/** In the kiosk's time. From `WARNING_MS` before on, the customer is asked; with `extend` they may stay. */
interface Timeout {
  readonly atMs: number;
  readonly extend: Action | null;
}

/** One position among several. */
export interface Tile {
  readonly id: string;
  readonly place: string;
  readonly product: string;
  readonly title: string;
  readonly value: string;
}

/** What a display knows beside the view. */
export interface About {
  /** Whose kiosk it is, as it stands on the receipt. */
  readonly station: string;
  /** The customer wants to take the receipt along. */
  readonly isReceiptOpen: boolean;
}

const NOTHING_MORE: About = { station: "", isReceiptOpen: false };

export function screenOf(view: PositionView, language: Language, about: About = NOTHING_MORE): Screen {
  const { texts } = language;
  const kind = about.isReceiptOpen && view.message === "paid" ? "receipt" : kindOf(view);
  return {
    kind,
    ...sayingOf(kind, view, texts),
    place: placeOf(view, texts),
    product: view.product.name,
    figures: figuresOf(kind, view, language),
    terms: termsOf(kind, view, language),
    // Whoever has tried knows the steps, and has to be told something else.
    steps: view.message === "scan" ? texts.steps : [],
    share: kind === "live" ? shareOf(view, language) : null,
    code: kind === "receipt" ? receiptText(view, language, about.station) : view.qr,
    timeout: timeoutOf(view, texts),
    actions: actionsOf(kind, view, language),
    isBrokenOff: kind === "paid" && isBrokenOff(view),
    needsHelp: kind === "out-of-service" || isWithStaff(view),
  };
}

/** What is shown while nobody knows what the kiosk does. */
export function connectionScreen({ texts }: Language): Screen {
  return {
    kind: "no-connection",
    ...texts.noConnection,
    place: "",
    product: "",
    figures: [],
    terms: [],
    steps: [],
    share: null,
    code: null,
    timeout: null,
    actions: [],
    isBrokenOff: false,
    needsHelp: true,
  };
}

export function tileOf(view: PositionView, language: Language): Tile {
  const { format, texts } = language;
  const { id, product, currency } = view;
  const values: Readonly<Record<PositionView["state"], () => string>> = {
    idle: () => (view.message === "choose" && hasUnitPrice(view) ? format.unitPrice(view) : ""),
    offering: () => format.roundAmount(view.reserved ?? "0", currency),
    offered: () => format.roundAmount(view.reserved ?? "0", currency),
    reserved: () => format.roundAmount(view.reserved ?? "0", currency),
    dispensing: () => format.amount(view.amount, currency),
    settling: () => format.amount(view.amount, currency),
    closed: () => format.amount(view.charged ?? "0", currency),
  };
  const title = view.message === "choose" ? "" : sayingOf(kindOf(view), view, texts).title;
  return { id, place: placeOf(view, texts), product: product.name, title, value: values[view.state]() };
}

function kindOf(view: PositionView): ScreenKind {
  if (view.message === "dispensing" && Number(view.quantity) === 0) return "begin";
  return KINDS[view.message];
}

const KINDS: Readonly<Record<Message, ScreenKind>> = {
  choose: "choose",
  "out-of-service": "out-of-service",
  preparing: "busy",
  scan: "scan",
  "scan-again": "scan",
  confirm: "confirm",
  wait: "busy",
  begin: "begin",
  dispensing: "live",
  stopping: "live",
  settling: "busy",
  releasing: "busy",
  paid: "paid",
  "in-review": "ended",
  "staff-decides": "ended",
  canceled: "ended",
  declined: "ended",
  "amount-impossible": "ended",
  expired: "ended",
  "nothing-dispensed": "ended",
  "too-little": "ended",
  unavailable: "ended",
  failed: "ended",
};

function sayingOf(kind: ScreenKind, view: PositionView, texts: Texts): Saying {
  const { message } = view;
  const { labels } = texts;
  if (message === "out-of-service") return texts.outOfService[troubleOf(view)];
  if (message === "begin" || kind === "begin") return texts.begin[serviceOf(view)];
  if (message === "choose" && isChosenAtDevice(view)) return texts.chooseAtDevice;
  if (kind === "receipt") return { title: labels.reference, detail: labels.receiptHint };
  if (message === "stopping") return { ...texts.messages.stopping, detail: stopOf(view, texts) };
  if (message === "paid") {
    const title = isBrokenOff(view) ? texts.stoppedTitle : texts.messages.paid.title;
    const next = isBrokenOff(view) ? "" : nextOf(view, texts);
    return { title, detail: joined(stopOf(view, texts), texts.afterwards[serviceOf(view)], next) };
  }
  const saying = texts.messages[message];
  const next = nextOf(view, texts);
  // Whoever cannot begin anew is not told to.
  return next === "" || isWithStaff(view) ? saying : { ...saying, detail: joined(labels.nothingCharged, next) };
}

function joined(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function stopOf({ stoppedBy }: PositionView, { stopped }: Texts): string {
  return stoppedBy === null || stoppedBy === "customer" ? "" : stopped[stoppedBy];
}

/** Neither the customer's own way to end nor the end of what they had. */
export function isBrokenOff({ stoppedBy }: PositionView): boolean {
  return stoppedBy === "operator" || stoppedBy === "fault" || stoppedBy === "restart";
}

/** Why nobody can begin anew here, where a button for it would stand otherwise. */
function nextOf({ state, faults }: PositionView, { labels }: Texts): string {
  const isBlocked = state === "closed" && faults.some(({ severity }) => severity === "blocking");
  return isBlocked ? labels.notForNow : "";
}

function isChosenAtDevice({ reserve }: PositionView): boolean {
  return reserve.length === 0;
}

/** The first of these that keeps the position from selling is what the customer is told. */
const TROUBLES: readonly (readonly [owner: FaultOwner, trouble: Trouble])[] = [
  ["operator", "closed"],
  ["dispenser", "device"],
  ["payment", "payment"],
];

function troubleOf({ faults }: PositionView): Trouble {
  const blocking = faults.filter(({ severity }) => severity === "blocking");
  const known = TROUBLES.find(([owner]) => blocking.some((fault) => fault.owner === owner));
  return known?.[1] ?? "technical";
}

/** Whether the purchase is in the hands of a person, who may be asked. */
export function isWithStaff({ message }: PositionView): boolean {
  return message === "in-review" || message === "staff-decides";
}

/** Who buys time looks at what is left of it. */
function leftOf(view: PositionView, { texts, format }: Language): readonly Figure[] | null {
  const leftS = secondsLeft(view);
  if (leftS === null) return null;
  const text = `${clockText(leftS, view.product.unit)} ${format.unit(view)}`;
  return [{ role: "quantity", label: texts.labels.timeLeft, text }];
}

function figuresOf(kind: ScreenKind, view: PositionView, language: Language): readonly Figure[] {
  const { texts, format } = language;
  const { labels } = texts;
  const { currency } = view;
  const figure = (role: Figure["role"], label: string, text: string | null): readonly Figure[] =>
    text === null ? [] : [{ role, label, text }];
  const money = (role: Figure["role"], label: string, decimal: string | null): readonly Figure[] =>
    figure(role, label, decimal === null ? null : format.amount(decimal, currency));
  const held = (label: string): readonly Figure[] =>
    figure("reserved", label, view.reserved === null ? null : format.roundAmount(view.reserved, currency));
  const price = hasUnitPrice(view) ? figure("unit-price", labels.unitPrice, format.unitPrice(view)) : [];
  const atHand = held(isChosenAtDevice(view) ? labels.unitPrice : labels.held);
  const quantity = hasUnitPrice(view)
    ? figure("quantity", labels.quantity, `${format.quantity(view)} ${format.unit(view)}`)
    : [];
  switch (kind) {
    case "choose":
      return price;
    case "scan":
    case "confirm":
    case "begin":
      return [...atHand, ...price];
    case "live":
      return [...(leftOf(view, language) ?? quantity), ...money("amount", labels.toPay, view.amount), ...price];
    case "busy":
      return view.message === "settling" ? [...money("amount", labels.toPay, view.amount), ...quantity] : [];
    case "paid":
      return [
        ...money("amount", labels.charged, view.charged),
        ...quantity,
        ...money("reserved", labels.reserved, view.reserved),
        ...money("freed", labels.freed, view.freed),
        ...figure("reference", labels.reference, view.reference),
      ];
    case "ended":
      if (!isWithStaff(view)) return [];
      return [...held(labels.reserved), ...figure("reference", labels.reference, view.reference ?? view.saleId)];
    default:
      return [];
  }
}

/** Complete before anything is paid: what the unit price holds, what is charged at the least, what is held. */
function termsOf(kind: ScreenKind, view: PositionView, language: Language): readonly string[] {
  const { texts, format } = language;
  const { labels } = texts;
  if (kind === "receipt") return momentAndTax(view, language);
  if (kind !== "choose" && kind !== "scan") return [];
  const tax = Number(view.taxRate) === 0 ? [] : [`${labels.taxIncluded} ${format.percent(view.taxRate)}`];
  const minimum = view.minimum === null ? [] : [`${labels.minimum} ${format.roundAmount(view.minimum, view.currency)}`];
  return [...tax, ...minimum, ...(kind === "scan" && !isChosenAtDevice(view) ? [labels.payUsedOnly] : [])];
}

function shareOf({ amount, reserved }: PositionView, { format }: Language): Share | null {
  const most = Number(reserved);
  if (most <= 0) return null;
  const part = Math.min(1, Number(amount) / most);
  return { part, percent: format.percent(String(Math.floor(part * 100))) };
}

function timeoutOf({ timeout }: PositionView, { labels }: Texts): Timeout | null {
  if (timeout === null) return null;
  return {
    atMs: Date.parse(timeout.at),
    extend: timeout.extendable ? { kind: "extend", label: labels.extend } : null,
  };
}

function actionsOf(kind: ScreenKind, view: PositionView, { texts, format }: Language): readonly Action[] {
  const { labels } = texts;
  const cancel: Action = { kind: "cancel", label: labels.cancel };
  switch (kind) {
    case "choose":
      return view.reserve.map((reserve) => ({
        kind: "select",
        label: format.roundAmount(reserve, view.currency),
        reserve,
        unitPrice: view.unitPrice,
      }));
    case "scan":
    case "confirm":
      return [cancel];
    case "begin":
      return view.state === "dispensing" ? [{ kind: "stop", label: labels.cancel }] : [cancel];
    case "live":
      return view.message === "stopping" ? [] : [{ kind: "stop", label: labels.stop }];
    case "busy":
      return view.message === "wait" ? [cancel] : [];
    case "paid":
      return [
        { kind: "receipt", label: labels.reference },
        ...(view.available ? [{ kind: "dismiss", label: labels.startAgain } as const] : []),
      ];
    case "receipt":
      return [{ kind: "close", label: labels.back }];
    case "ended":
      return view.available ? [{ kind: "dismiss", label: labels.startAgain }] : [];
    default:
      return [];
  }
}
