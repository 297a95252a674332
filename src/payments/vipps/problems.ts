import type { JsonAnswer } from "../../platform/http/json-calls.ts";
import type { Outcome, Unknown } from "../../ports/outcome.ts";
import { codeOf, problem } from "./wire.ts";

export type Declined = Extract<Outcome<never>, { kind: "declined" }>;

/**
 * What an answer that is no yes means. `settled`: the payment is in a state in which the call has nothing to do, so what
 * the service shows of it decides. `missing`: there is no such payment.
 */
export type No = Declined | Unknown | { readonly kind: "settled" | "missing" | "taken"; readonly detail: string };

export const PARTIAL_CAPTURE =
  "The sales unit takes whole amounts only (6140), and a customer pays for what was taken: ask Vipps MobilePay to switch partial capture on for it, then start the kiosk again.";

const KEYS =
  "Check client id, client secret, subscription key and merchant serial number of payment.vipps, and that they are of this environment: test keys do nothing in production.";

type Kind =
  | "again"
  | "setting-up"
  | "amount"
  | "too-late"
  | "settled"
  | "missing"
  | "taken"
  | "other-body"
  | "customer";

/** By the service's codes; what else it may name is told, and asked about again. */
const CODES: readonly (readonly [kind: Kind, codes: readonly number[]])[] = [
  ["again", [3010, 6160, 6250, 6260, 6280]],
  ["setting-up", [5010, 5020, 5030, 5040, 5050, 5060, 5070, 5080, 5100, 6140]],
  ["missing", [5090]],
  ["amount", [6010, 6090, 6150]],
  ["too-late", [6030, 6100, 6110, 6120, 6220]],
  ["settled", [6020, 6040, 6050, 6060, 6070, 6080, 6170, 6180, 6190, 6200, 6210, 6230]],
  ["other-body", [4010, 4020]],
  ["taken", [4150]],
  ["customer", [7010]],
];

const ADVICE: ReadonlyMap<number, string> = new Map([
  [5040, "The sales unit has another currency: kiosk.currency must be the one of the merchant serial number."],
  [5060, "The sales unit has no bank account that money can go to: enter one in the portal of Vipps MobilePay."],
  [6140, PARTIAL_CAPTURE],
]);

export function noOf(operation: string, answer: JsonAnswer): No {
  const { status, retryAfterMs } = answer;
  const read = problem.safeParse(answer.json);
  const code = read.success ? codeOf(read.data) : null;
  const trace = read.success ? (read.data.traceId ?? "").slice(0, 80) : "";
  const shown = [`HTTP ${status}`, code === null ? "" : `code ${code}`, trace === "" ? "" : `trace ${trace}`];
  const detail = `${operation}: ${shown.filter((each) => each !== "").join(", ")}`;
  const later: Unknown = { kind: "unknown", detail, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (status >= 500 || status === 423 || status === 429 || status === 408) return later;
  if (status === 401 || status === 403) return refusal(detail, KEYS);
  const kind = CODES.find(([, codes]) => code !== null && codes.includes(code))?.[0];
  switch (kind) {
    case "again":
      return later;
    case "setting-up":
      return {
        ...refusal(detail, ADVICE.get(code ?? 0) ?? "Ask Vipps MobilePay what the sales unit lacks; the code says it."),
        kept: true,
      };
    case "amount":
    case "too-late":
      return { kind: "declined", reason: kind, detail };
    case "customer":
      return { kind: "declined", reason: "refused", detail, customer: "declined" };
    case "settled":
    case "missing":
    case "taken":
      return { kind, detail };
    case "other-body":
      return { ...later, detail: `${detail}: this key was sent with another body before` };
    case undefined:
      break;
  }
  // Only what the service itself has written says that there is no such payment, or that the request is wrong.
  if (status === 404 && read.success) return { kind: "missing", detail };
  if (status === 400 && read.success)
    return { kind: "declined", reason: "refused", detail: `${detail}${fieldsOf(read.data)}` };
  return later;
}

function refusal(detail: string, advice: string): Declined {
  return { kind: "declined", reason: "rejected", detail, advice };
}

/** Names of fields that the service does not take: of this program, so they may be told. */
function fieldsOf({
  extraDetails,
}: {
  readonly extraDetails?: readonly { readonly name: string }[] | null | undefined;
}): string {
  const names = (extraDetails ?? []).map(({ name }) => name.slice(0, 40)).slice(0, 3);
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}
