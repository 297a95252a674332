import type { Call } from "./faults.ts";
import { Refusal } from "./refusal.ts";
import type { Metadata } from "./state.ts";

type Form = ReadonlyMap<string, string>;
type Check = (value: string) => boolean;

const integer: Check = (value) => /^\d{1,10}$/.test(value);
const truth: Check = (value) => value === "true" || value === "false";
const text: Check = (value) => value.length > 0 && value.length <= 5000;
const address: Check = (value) => URL.canParse(value) && /^https?:/.test(value);
const currency: Check = (value) => /^[a-z]{3}$/.test(value);
const metadata: Check = (value) => value.length > 0 && value.length <= 500;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value);

interface Rules {
  readonly required: readonly string[];
  /** By the name in bracket form. */
  readonly known: readonly (readonly [RegExp, Check])[];
}

const EXPAND = [/^expand\[\d\]$/, (value: string) => value.split(".").length <= 4] as const;
const METADATA = [/^metadata\[[^\][]{1,40}\]$/, metadata] as const;
const LIMIT = [/^limit$/, (value: string) => integer(value) && Number(value) >= 1 && Number(value) <= 100] as const;
const AFTER = [/^(starting_after|ending_before)$/, text] as const;
const NOTHING: Rules = { required: [], known: [EXPAND] };

/** What each call takes here: of the service's parameters those for which there is a use. Everything else is refused. */
const RULES: Readonly<Record<Call, Rules>> = {
  create: {
    required: [
      ...["mode", "success_url", "line_items[0][quantity]", "line_items[0][price_data][currency]"],
      ...["line_items[0][price_data][unit_amount]", "line_items[0][price_data][product_data][name]"],
    ],
    known: [
      [/^mode$/, oneOf("payment")],
      [/^(success_url|cancel_url)$/, address],
      [/^expires_at$/, integer],
      [/^client_reference_id$/, (value) => text(value) && value.length <= 200],
      [/^locale$/, (value) => /^(auto|[a-z]{2,3}(-[A-Z0-9]{2,3})?)$/.test(value)],
      [/^allowed_payment_method_types\[0\]$/, oneOf("card")],
      [/^line_items\[0\]\[quantity\]$/, oneOf("1")],
      [/^line_items\[0\]\[price_data\]\[currency\]$/, currency],
      [/^line_items\[0\]\[price_data\]\[unit_amount\]$/, integer],
      [/^line_items\[0\]\[price_data\]\[product_data\]\[name\]$/, text],
      [/^payment_intent_data\[capture_method\]$/, oneOf("manual")],
      [/^payment_intent_data\[description\]$/, (value) => text(value) && value.length <= 1000],
      [/^payment_intent_data\[statement_descriptor_suffix\]$/, (value) => /^[^<>\\'"*]{1,22}$/.test(value)],
      [/^payment_intent_data\[metadata\]\[[^\][]{1,40}\]$/, metadata],
      [/^adaptive_pricing\[enabled\]$/, truth],
      METADATA,
      EXPAND,
    ],
  },
  retrieve: NOTHING,
  list: { required: [], known: [LIMIT, AFTER, EXPAND, [/^created\[(gt|gte|lt|lte)\]$/, integer]] },
  expire: NOTHING,
  intent: NOTHING,
  "pay-intent": {
    required: ["amount", "currency"],
    known: [
      [/^amount$/, integer],
      [/^currency$/, currency],
      [/^payment_method$/, text],
      [/^capture_method$/, oneOf("manual")],
      [/^confirm$/, oneOf("true")],
      [/^allowed_payment_method_types\[0\]$/, oneOf("card")],
      METADATA,
      EXPAND,
    ],
  },
  capture: { required: [], known: [[/^amount_to_capture$/, integer], [/^final_capture$/, truth], METADATA, EXPAND] },
  cancel: {
    required: [],
    known: [[/^cancellation_reason$/, oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned")], EXPAND],
  },
  refund: {
    required: [],
    known: [
      [/^(payment_intent|charge)$/, text],
      [/^amount$/, integer],
      [/^reason$/, oneOf("duplicate", "fraudulent", "requested_by_customer")],
      METADATA,
      EXPAND,
    ],
  },
  refunds: { required: [], known: [LIMIT, AFTER, EXPAND, [/^(payment_intent|charge)$/, text]] },
};

/** Refuses what the call does not know, what it lacks, and a value that cannot be. None of it is kept under the key. */
export function checkParameters(call: Call, form: Form): void {
  const { required, known } = RULES[call];
  for (const [name, value] of form) {
    const rule = known.find(([pattern]) => pattern.test(name));
    if (rule === undefined && /^payment_method_types\b/.test(name)) {
      const message = "The payment_method_types parameter is no longer supported.";
      throw new Refusal(400, message, {
        code: "payment_method_types_no_longer_supported",
        param: "payment_method_types",
      });
    }
    if (rule === undefined) {
      throw new Refusal(400, `Received unknown parameter: ${name}`, { code: "parameter_unknown", param: name });
    }
    if (!rule[1](value)) {
      const code = value === "" ? "parameter_invalid_empty" : codeOf(name);
      throw new Refusal(400, `Invalid ${name}: ${value.slice(0, 60)}`, { code, param: name });
    }
  }
  const lacking = required.find((name) => !form.has(name));
  if (lacking === undefined) return;
  throw new Refusal(400, `Missing required param: ${lacking}.`, { code: "parameter_missing", param: lacking });
}

function codeOf(name: string): string {
  if (/_url$/.test(name)) return "url_invalid";
  return /amount|expires_at|limit|created/.test(name) ? "parameter_invalid_integer" : "parameter_invalid_string_blank";
}

/** What stands below a name: `metadata[sale]=1` below `metadata` is `{ sale: "1" }`. */
export function below(form: Form, name: string): Metadata {
  const own = [...form].flatMap(([each, value]) => {
    const inner = each.startsWith(`${name}[`) ? /^\[([^\]]+)\]$/.exec(each.slice(name.length)) : null;
    return inner?.[1] === undefined ? [] : [[inner[1], value] as const];
  });
  return Object.fromEntries(own);
}

export function expandedIn(form: Form): readonly string[] {
  return [...form].filter(([name]) => name.startsWith("expand[")).map(([, value]) => value);
}
