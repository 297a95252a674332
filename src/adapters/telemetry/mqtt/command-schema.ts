import { z } from "zod";
import type { Command, CommandName, Commands, SetBlockCommand } from "../../../core/operator/messages.ts";

const id = z.string().min(1).max(64).exactOptional();
const position = z.string().min(1).max(64);
const somewhere = position.exactOptional();

const BODIES: { readonly [N in CommandName]: z.ZodType<Commands[N]> } = {
  stop: z.strictObject({ id, position }),
  block: z.strictObject({ id, position: somewhere, reason: z.string().min(1).max(200).exactOptional() }),
  unblock: z.strictObject({ id, position: somewhere }),
  "set-price": z.strictObject({ id, position, unitPrice: z.string().regex(/^\d{1,9}(\.\d{1,6})?$/, "is no price") }),
  reconcile: z.strictObject({ id, position: somewhere }),
  republish: z.strictObject({
    id,
    from: z.int().min(1),
    stream: z.enum(["sales", "refunds", "reconciliations", "unaccounted"]).exactOptional(),
  }),
};
const SET_BLOCK: z.ZodType<SetBlockCommand> = z.strictObject({ id, position: somewhere, blocked: z.boolean() });

/** What a topic's last level may say. */
export type WireName = CommandName | "set-block";

export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "malformed"; readonly id: string | null; readonly detail: string };

export function isWireName(name: string): name is WireName {
  return name === "set-block" || Object.hasOwn(BODIES, name);
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
