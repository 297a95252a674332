import type { Command, CommandReply } from "../core/operator/messages.ts";

/** What operators may order from afar. Nothing here can start a delivery or raise a limit. */
export interface OperatorInput {
  /** Always answers, whatever is asked; an order that was answered with `ok` holds across a power cut. */
  order(command: Command): Promise<OrderAnswer>;
}

export type OrderAnswer =
  | { readonly kind: "done" }
  | {
      readonly kind: "refused";
      readonly refusal: Extract<CommandReply, { ok: false }>["refusal"];
      readonly detail: string;
    };

/** The same for somebody who is known by name and may order all that there is. */
export interface NamedOperatorInput {
  orderBy(by: string, command: Command): Promise<OrderAnswer>;
}
