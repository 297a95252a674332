import { z } from "zod";
import { PERSON_CODES } from "../../core/faults.ts";
import type { Command, CommandName, Commands } from "../../core/operator/messages.ts";
import { exactly } from "../../ports/exactly.ts";

const id = z
  .string()
  .min(1)
  .max(64)
  .exactOptional()
  .describe("Chosen by the sender; a second command with the same id is refused.");
const position = z.string().min(1).max(64).describe("Its id.");
const somewhere = position.exactOptional().describe("Left out: the whole kiosk.");
const reason = z.string().min(1).max(200).exactOptional().describe("Stands in the fault `operator-block`.");
const unitPrice = z
  .string()
  .regex(/^[0-9]{1,9}([.][0-9]{1,6})?$/, "is no price")
  .describe("With tax, in the kiosk's currency, for one unit.");
const stream = z
  .enum(["sales", "refunds", "reconciliations", "unaccounted"])
  .exactOptional()
  .describe("`sales` when left out.");
const code = z.enum(PERSON_CODES).describe("Of the fault.");
const sale = z
  .string()
  .min(1)
  .max(64)
  .exactOptional()
  .describe("The sale that was looked at, or `all`; may be left out when only one waits.");
const note = z.string().min(1).max(500).describe("What was found; kept in the journal.");
const by = z.string().min(1).max(64).exactOptional().describe("Who has looked; kept in the journal.");

const BODIES = {
  stop: exactly<Commands["stop"]>()(z.strictObject({ id, position })).describe(
    "Ends the delivery at a position; what has flowed is charged.",
  ),
  block: exactly<Commands["block"]>()(z.strictObject({ id, position: somewhere, reason })).describe(
    "Takes a position, or the whole kiosk, out of service until it is unblocked, across restarts.",
  ),
  unblock: exactly<Commands["unblock"]>()(z.strictObject({ id, position: somewhere })).describe(
    "Takes back a block of the same place: one of the whole kiosk is not taken back position by position.",
  ),
  "set-price": exactly<Commands["set-price"]>()(z.strictObject({ id, position, unitPrice })).describe(
    "A new unit price, from the next sale on.",
  ),
  reconcile: exactly<Commands["reconcile"]>()(
    z.strictObject({ id, position: somewhere.describe("Left out: every position.") }),
  ).describe("Compares the books now instead of at their time."),
  republish: exactly<Commands["republish"]>()(
    z.strictObject({ id, from: z.int().min(1).describe("The first `seq` to send again."), stream }),
  ).describe("Sends the records of a stream again, from this number on."),
  acknowledge: exactly<Commands["acknowledge"]>()(
    z.strictObject({ id, code, position: somewhere.describe("Left out: wherever it is raised."), sale, note, by }),
  ).describe("A person has looked at what waits for one: it is noted, and the fault goes until there is a new one."),
} satisfies { readonly [N in CommandName]: z.ZodType<Commands[N]> };

const SET_BLOCK = z
  .strictObject({ id, position: somewhere, blocked: z.boolean().describe("True is `block`, false is `unblock`.") })
  .describe("`block` and `unblock` for a switch that has a single topic; allowed where the one that it stands for is.");

/** Every command as it may come in, by the last level of its topic. */
export const COMMANDS = { ...BODIES, "set-block": SET_BLOCK } as const;

/** What a topic's last level may say. */
export type WireName = keyof typeof COMMANDS;

export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "malformed"; readonly id: string | null; readonly detail: string };

export function isWireName(name: string): name is WireName {
  return Object.hasOwn(COMMANDS, name);
}

/** `payload` is UTF-8 JSON. What is wrong is told with its place in it. */
export function parseCommand(name: WireName, payload: Uint8Array): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return { kind: "malformed", id: null, detail: "the payload is no JSON" };
  }
  const parsed = name === "set-block" ? readSetBlock(value) : readCommand(name, value);
  if (parsed.success) return { kind: "command", command: parsed.data };
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  return { kind: "malformed", id: idOf(value), detail: `${path === "" ? "" : `${path}: `}${issue?.message}` };
}

type Read =
  | { readonly success: true; readonly data: Command }
  | { readonly success: false; readonly error: z.ZodError };

function readCommand(name: CommandName, value: unknown): Read {
  const parsed = BODIES[name].safeParse(value);
  // The table pairs each name with the schema of its body.
  return parsed.success ? { success: true, data: { name, body: parsed.data } as Command } : parsed;
}

function readSetBlock(value: unknown): Read {
  const parsed = SET_BLOCK.safeParse(value);
  if (!parsed.success) return parsed;
  const { blocked, ...body } = parsed.data;
  return { success: true, data: { name: blocked ? "block" : "unblock", body } };
}

function idOf(value: unknown): string | null {
  return z.looseObject({ id }).safeParse(value).data?.id ?? null;
}
