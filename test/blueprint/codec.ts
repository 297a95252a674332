/**
 * The tap's lines, for its driver and for its simulator. A line is `<id> <words>*<check>\n`: the id comes back in the
 * answer, so that a late answer is never taken for another's, and the check is the XOR of all before `*`, in hex.
 *
 * | request       | answer                                                                        |
 * | ------------- | ----------------------------------------------------------------------------- |
 * | `ARM <limit>` | `OK <state> <total>`, or `NO <reason>` and nothing was done                   |
 * | `STOP`        | `OK <state> <total>`, once the valve is closed                                |
 * | `READ`        | `OK <state> <total>`                                                          |
 *
 * `limit` and `total` are millilitres. `total` is a register that survives a loss of power.
 */
export type Request =
  | { readonly command: "ARM"; readonly limitMl: number }
  | { readonly command: "STOP" }
  | { readonly command: "READ" };

export type Answer =
  | { readonly type: "status"; readonly state: TapState; readonly totalMl: number }
  | { readonly type: "refusal"; readonly reason: string };

/** `DONE` is closed because the limit was reached, until the next `ARM` or `STOP`. */
export type TapState = "CLOSED" | "OPEN" | "DONE" | "JAMMED";

export const LONGEST_LINE = 40;

export function encodeRequest(id: number, request: Request): Uint8Array {
  return encode(`${id} ${request.command}${request.command === "ARM" ? ` ${request.limitMl}` : ""}`);
}

export function decodeRequest(line: string): { readonly id: number; readonly request: Request } | undefined {
  const match = /^(\d{1,3}) (?:(STOP|READ)|ARM (\d{1,9}))$/.exec(checked(line) ?? "");
  if (match === null) return undefined;
  const id = Number(match[1]);
  if (match[3] !== undefined) return { id, request: { command: "ARM", limitMl: Number(match[3]) } };
  return { id, request: { command: match[2] === "STOP" ? "STOP" : "READ" } };
}

export function encodeAnswer(id: number, answer: Answer): Uint8Array {
  const words = answer.type === "status" ? `OK ${answer.state} ${answer.totalMl}` : `NO ${answer.reason}`;
  return encode(`${id} ${words}`);
}

/** Undefined for what is broken, and for the answer to another request. */
export function decodeAnswer(line: string, id: number): Answer | undefined {
  const match = /^(\d{1,3}) (?:OK (CLOSED|OPEN|DONE|JAMMED) (\d{1,12})|NO ([a-z ]{1,20}))$/.exec(checked(line) ?? "");
  if (match === null || Number(match[1]) !== id) return undefined;
  if (match[4] !== undefined) return { type: "refusal", reason: match[4] };
  return { type: "status", state: match[2] as TapState, totalMl: Number(match[3]) };
}

function encode(text: string): Uint8Array {
  return Buffer.from(`${text}*${check(text)}\n`, "latin1");
}

function checked(line: string): string | undefined {
  const text = line.slice(0, -3);
  return line === `${text}*${check(text)}` ? text : undefined;
}

function check(text: string): string {
  const xor = Buffer.from(text, "latin1").reduce((sum, byte) => sum ^ byte, 0);
  return xor.toString(16).toUpperCase().padStart(2, "0");
}
