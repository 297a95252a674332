import type { CustomerHint } from "../../core/sale/event.ts";

/**
 * The service's result codes: what each means and what the caller does about it, decided here and nowhere else.
 * Numbers and names: API 2.11.0. The number counts, never the text that comes with it.
 */
type Treatment =
  | "success"
  /** Nothing was done; the same request may be repeated after a while. */
  | "retry"
  /** It may or may not have been done: the status decides. */
  | "query-first"
  /** A definite no to this request. */
  | "give-up"
  /** A definite no to this terminal or account, which only a person can mend. */
  | "operator";

export interface ResultCode {
  readonly code: number;
  readonly name: string;
  readonly treatment: Treatment;
  /** For the operator, in a log line or on a status page. */
  readonly text: string;
  /** Null where the customer need not know, or where what follows says it. */
  readonly customer: CustomerHint | null;
}

type Row = readonly [code: number, name: string, treatment: Treatment, text: string, customer?: CustomerHint];

const ROWS: readonly Row[] = [
  [0, "SUCCESS", "success", "done"],
  [1, "PENDING_APPROVAL", "query-first", "waits for somebody's approval"],
  [2, "REPORT_NOT_READY", "retry", "the report is not ready yet"],
  [10, "REJECTED_BUSINESS_LOGIC", "give-up", "refused by a business rule of the service", "declined"],
  [11, "REJECTED_AMOUNT", "give-up", "the amount is refused", "declined"],
  [12, "REJECTED_PAYMENT", "give-up", "the payment is refused", "declined"],
  [13, "REJECTED_TOPUP", "give-up", "the top-up is refused"],
  [20, "AUTHENTICATION_FAILED", "operator", "wrong password", "unavailable"],
  [
    21,
    "ACCESS_DENIED",
    "operator",
    "the terminal's password has fewer than 4 characters: register it again",
    "unavailable",
  ],
  [22, "INVALID_NEW_PASSWORD", "give-up", "the new password is refused"],
  [23, "INVALID_ERS_REFERENCE", "give-up", "no such payment"],
  [29, "INVALID_INITIATOR_PRINCIPAL_ID", "operator", "the terminal is not registered at this service", "unavailable"],
  [30, "INVALID_RECEIVER_PRINCIPAL_ID", "give-up", "the receiver's id is refused"],
  [31, "INVALID_SENDER_PRINCIPAL_ID", "give-up", "the sender's id is refused"],
  [32, "INVALID_TOPUP_PRINCIPAL_ID", "give-up", "the top-up's id is refused"],
  [33, "INVALID_INITIATOR_PRINCIPAL_STATE", "operator", "the account is blocked", "unavailable"],
  [34, "INVALID_RECEIVER_PRINCIPAL_STATE", "give-up", "the receiver's account is blocked", "unavailable"],
  [35, "INVALID_SENDER_PRINCIPAL_STATE", "give-up", "the sender's account is blocked", "declined"],
  [36, "INVALID_TOPUP_PRINCIPAL_STATE", "give-up", "the top-up's account is blocked"],
  [37, "INITIATOR_PRINCIPAL_NOT_FOUND", "operator", "the reseller or its user is unknown", "unavailable"],
  [38, "RECEIVER_PRINCIPAL_NOT_FOUND", "give-up", "the receiver is unknown", "unavailable"],
  [39, "SENDER_PRINCIPAL_NOT_FOUND", "give-up", "the sender is unknown", "declined"],
  [40, "TOPUP_PRINCIPAL_NOT_FOUND", "give-up", "the top-up's account is unknown"],
  [41, "INVALID_PRODUCT", "give-up", "the product is refused", "unavailable"],
  [42, "INVALID_RECEIVER_ACCOUNT_TYPE", "give-up", "the receiver's account is of the wrong type", "unavailable"],
  [43, "INVALID_SENDER_ACCOUNT_TYPE", "give-up", "the sender's account is of the wrong type", "declined"],
  [44, "INVALID_TOPUP_ACCOUNT_TYPE", "give-up", "the top-up's account is of the wrong type"],
  [45, "RECEIVER_ACCOUNT_NOT_FOUND", "give-up", "the receiver has no such account", "unavailable"],
  [46, "SENDER_ACCOUNT_NOT_FOUND", "give-up", "the sender has no such account", "declined"],
  [47, "TOPUP_ACCOUNT_NOT_FOUND", "give-up", "the top-up has no such account"],
  [48, "PAYMENT_IN_PROGRESS", "query-first", "a payment is in progress", "try-again"],
  [49, "INVALID_INVOICE_DATA", "give-up", "the bill's data are refused: check currency and rows", "unavailable"],
  [50, "CANNOT_CANCEL_PAID_INVOICE", "query-first", "the bill is paid"],
  [51, "CANNOT_CANCEL_INVOICE_IN_PROGRESS", "query-first", "the customer is paying right now"],
  [52, "INVALID_CUSTOMER", "give-up", "the customer is refused", "declined"],
  [53, "INVALID_SEQR_ID", "give-up", "the SEQR ID is not alphanumeric, or taken by another terminal"],
  [54, "INVALID_INVOICE_REFERENCE", "give-up", "this terminal has no such bill"],
  [55, "PAYMENT_ALREADY_CANCELLED", "query-first", "the payment is already cancelled", "try-again"],
  [56, "REGISTRATION_NOT_POSSIBLE", "give-up", "registration is not possible"],
  [57, "REGISTRATION_PRINCIPAL_ALREADY_EXISTS", "give-up", "already registered"],
  [58, "PAYMENT_EXPIRED", "query-first", "the bill or its reservation has expired", "try-again"],
  [60, "AUTHORIZATION_EXPIRED", "give-up", "the authorisation has expired"],
  [61, "AUTHORIZATION_CANCELLED", "give-up", "the authorisation is cancelled"],
  [62, "AUTHORIZATION_IN_PROGRESS", "query-first", "the authorisation is in progress"],
  [63, "INVALID_AUTHORIZATION_REFERENCE", "give-up", "no such authorisation"],
  [64, "INVALID_NOTIFICATION_URL", "give-up", "the notification address is refused", "unavailable"],
  [90, "SYSTEM_ERROR", "query-first", "the service reports an error of its own", "try-again"],
  [91, "UNSUPPORTED_OPERATION", "give-up", "not supported for this kind of account", "unavailable"],
  [92, "LICENSE_REJECTION", "operator", "the service's licence does not cover this", "unavailable"],
  [93, "SYSTEM_BUSY", "retry", "the service is busy", "try-again"],
  [94, "SERVICE_UNAVAILABLE", "retry", "a system behind the service, such as a bank, is down", "unavailable"],
  [95, "INVOICE_ALREADY_CANCELED", "query-first", "the bill is already cancelled", "try-again"],
  [96, "INVOICE_STATE_NOT_RESERVED", "query-first", "nothing is reserved on the bill"],
  [97, "RESELLER_NOT_ALLOWED_TO_DO_REFUND", "operator", "this merchant may not refund"],
  [98, "SUM_OF_REFUNDS_CAN_NOT_BE_MORE_THAN_ORIGINAL_TRANSACTION", "give-up", "more than what is left to refund"],
  [99, "RECEIVER_ACCOUNT_DOES_NOT_ALLOW_REFUNDS", "give-up", "the bank does not allow refunds: refund by hand"],
];

export const RESULT_CODES: ReadonlyMap<number, ResultCode> = new Map(
  ROWS.map(([code, name, treatment, text, customer = null]) => [code, { code, name, treatment, text, customer }]),
);

/** Codes that this part of the program reacts to by number. */
export const CODE = {
  success: 0,
  reportNotReady: 2,
  rejectedAmount: 11,
  authenticationFailed: 20,
  accessDenied: 21,
  unknownTerminal: 29,
  unknownReseller: 37,
  invalidInvoiceData: 49,
  cannotCancelPaid: 50,
  invalidSeqrId: 53,
  unknownInvoice: 54,
  alreadyCancelled: 55,
  expired: 58,
  systemError: 90,
  unsupported: 91,
  alreadyCanceled: 95,
  notReserved: 96,
  exceedsPayment: 98,
} as const;

/** A code never heard of may mean anything, so the status decides. */
export function resultCode(code: number): ResultCode {
  const known = RESULT_CODES.get(code);
  if (known !== undefined) return known;
  return { code, name: "UNKNOWN_CODE", treatment: "query-first", text: "code never heard of", customer: null };
}

export function describeCode(result: ResultCode): string {
  return `${result.code} ${result.name}: ${result.text}`;
}
