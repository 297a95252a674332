/** A message of OCPP-J 1.6: a question of one side, the other's answer to it, or its refusal. */
export type Frame =
  | { readonly kind: "call"; readonly id: string; readonly action: string; readonly payload: unknown }
  | { readonly kind: "result"; readonly id: string; readonly payload: unknown }
  | { readonly kind: "error"; readonly id: string; readonly code: ErrorCode | string; readonly description: string };

/** What this program refuses with. The letters are the standard's. */
export type ErrorCode = "NotImplemented" | "FormationViolation" | "InternalError";

/** The longest text that is read: MeterValues with signed data are some kilobytes. */
export const LONGEST_TEXT = 64 * 1024;
/** The standard's bound is 36; some chargers number beyond it. */
const LONGEST_ID = 128;
const LONGEST_ACTION = 64;
const LONGEST_DESCRIPTION = 255;

const TYPES = { call: 2, result: 3, error: 4 } as const;

export function encodeFrame(frame: Frame): string {
  switch (frame.kind) {
    case "call":
      return JSON.stringify([TYPES.call, frame.id, frame.action, frame.payload]);
    case "result":
      return JSON.stringify([TYPES.result, frame.id, frame.payload]);
    case "error":
      return JSON.stringify([TYPES.error, frame.id, frame.code, frame.description.slice(0, LONGEST_DESCRIPTION), {}]);
  }
}

/** Undefined for what is no frame. An id that is a number and a type in quotes are taken: there are such chargers. */
export function decodeFrame(text: string): Frame | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const parts = parsed(text);
  if (!Array.isArray(parts)) return undefined;
  const [type, rawId, third, fourth] = parts as readonly unknown[];
  const id = idOf(rawId);
  if (id === undefined) return undefined;
  switch (Number(type)) {
    case TYPES.call:
      if (typeof third !== "string" || third === "" || third.length > LONGEST_ACTION) return undefined;
      return { kind: "call", id, action: third, payload: fourth ?? {} };
    case TYPES.result:
      return { kind: "result", id, payload: third ?? {} };
    case TYPES.error: {
      const description = typeof fourth === "string" ? fourth.slice(0, LONGEST_DESCRIPTION) : "";
      return { kind: "error", id, code: String(third ?? "").slice(0, LONGEST_ACTION), description };
    }
    default:
      return undefined;
  }
}

function idOf(raw: unknown): string | undefined {
  if (typeof raw === "number" && Number.isSafeInteger(raw)) return String(raw);
  return typeof raw === "string" && raw !== "" && raw.length <= LONGEST_ID ? raw : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
