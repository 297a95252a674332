import type { PersonCode } from "../faults.ts";

/** How the machine is, once a minute. What it cannot tell is null. */
export interface HealthMessage {
  readonly at: string;
  readonly uptimeS: number;
  readonly residentBytes: number;
  readonly loopLagMs: number;
  readonly diskFreeBytes: number | null;
  readonly temperatureC: number | null;
  readonly outbox: Readonly<Record<"sales" | "refunds" | "reconciliations" | "unaccounted", number>>;
}

interface Identified {
  /** Chosen by the sender. */
  readonly id?: string;
}
interface Placed extends Identified {
  /** Left out: the whole kiosk. */
  readonly position?: string;
}
interface AtPosition extends Identified {
  readonly position: string;
}

/** What may be ordered. What it means to a sender, field by field, stands with the schemas of telemetry. */
export interface Commands {
  readonly stop: AtPosition;
  readonly block: Placed & { readonly reason?: string };
  readonly unblock: Placed;
  readonly "set-price": AtPosition & { readonly unitPrice: string };
  readonly reconcile: Placed;
  readonly republish: Identified & {
    readonly from: number;
    readonly stream?: "sales" | "refunds" | "reconciliations" | "unaccounted";
  };
  readonly acknowledge: Placed & {
    readonly code: PersonCode;
    readonly sale?: string;
    readonly note: string;
    readonly by?: string;
  };
}

export type CommandName = keyof Commands;
export type Command = { readonly [N in CommandName]: { readonly name: N; readonly body: Commands[N] } }[CommandName];

/** Why a command was not carried out. */
export type CommandRefusal =
  | "not-allowed"
  | "unknown-command"
  | "unknown-position"
  | "malformed"
  | "too-large"
  | "retained"
  | "expired"
  | "repeated"
  | "conflict"
  | "failed";

/** The answer to a command. */
export type CommandReply = {
  readonly command: string;
  readonly id: string | null;
} & ({ readonly ok: true } | { readonly ok: false; readonly refusal: CommandRefusal; readonly detail: string });
