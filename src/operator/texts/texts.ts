import type { FaultCode } from "../../core/faults.ts";
import type { NotSellingWords } from "../../core/not-selling.ts";
import type { Refund } from "../../core/refund.ts";
import type { SaleEvent } from "../../core/sale/event.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import type { Role } from "../account/users.ts";

/** Everything that the operator's page says in one language. */
export interface OperatorTexts {
  readonly locale: string;
  readonly languageName: string;
  readonly notSelling: NotSellingWords;
  readonly faults: Readonly<Record<FaultCode, { readonly title: string; readonly advice: string }>>;
  readonly outcomes: Readonly<Record<SaleRecord["outcome"], string>>;
  readonly events: Readonly<Record<SaleEvent["type"], string>>;
  readonly refundStates: Readonly<Record<Refund["state"], string>>;
  readonly roles: Readonly<Record<Role, string>>;
  readonly labels: Readonly<Record<Label, string>>;
}

export type Label =
  | "account"
  | "acknowledge"
  | "acknowledgeHint"
  | "all"
  | "amount"
  | "attention"
  | "attentionNone"
  | "block"
  | "blockAll"
  | "blocked"
  | "by"
  | "cancel"
  | "charged"
  | "close"
  | "code"
  | "codeHint"
  | "customerSees"
  | "day"
  | "done"
  | "event"
  | "faults"
  | "faultsNone"
  | "from"
  | "haveCode"
  | "havePassword"
  | "language"
  | "lost"
  | "missing"
  | "month"
  | "more"
  | "newPrice"
  | "noSales"
  | "note"
  | "noteHint"
  | "now"
  | "older"
  | "outcome"
  | "partial"
  | "password"
  | "passwordHint"
  | "passwordNew"
  | "position"
  | "price"
  | "priceConfigured"
  | "quantity"
  | "readings"
  | "reason"
  | "reasonHint"
  | "reconcile"
  | "reconcileHint"
  | "refund"
  | "refundAgain"
  | "refundHint"
  | "refundable"
  | "refunded"
  | "refundMade"
  | "refundNotMade"
  | "refunds"
  | "refundUnclear"
  | "release"
  | "reserved"
  | "sale"
  | "sales"
  | "save"
  | "search"
  | "sells"
  | "serves"
  | "service"
  | "setPassword"
  | "setPrice"
  | "settleHint"
  | "signedOut"
  | "signIn"
  | "signOut"
  | "since"
  | "skip"
  | "state"
  | "stop"
  | "stopHint"
  | "success"
  | "time"
  | "totals"
  | "unblock"
  | "unblockAll"
  | "until"
  | "user"
  | "wait"
  | "week"
  | "wholeKiosk";
