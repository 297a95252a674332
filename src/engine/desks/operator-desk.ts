import type { Command, CommandName, Commands } from "../../core/operator/messages.ts";
import { blockOf, type Order, orderedPrice, orderKey, ordersInForce } from "../../core/operator/orders.ts";
import { parseUnitPrice } from "../../core/tariff.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal, OutboxStream } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { NamedOperatorInput, OperatorInput, OrderAnswer } from "../../ports/operator.ts";
import type { Acknowledgement, Matters } from "../books/matters.ts";
import type { FaultBoard } from "../watch/fault-board.ts";
import type { Place } from "./customer-desk.ts";

export interface OperatorDeskDeps {
  readonly allowed: readonly CommandName[];
  readonly places: ReadonlyMap<string, Place>;
  readonly journal: Pick<Journal, "note" | "notes">;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly log: Log;
  reconcile(position: string | null): Promise<void>;
  settleBooks(position: string | null, acknowledgement: Acknowledgement): Promise<number>;
  readonly matters: Pick<Matters, "acknowledge">;
  resend(stream: OutboxStream, fromSeq: number): Promise<void>;
  changed(): void;
}

const DONE: OrderAnswer = { kind: "done" };
const NO_REASON = "by an operator";
const BY_COMMAND = "an operator";

/** Carries out what operators order, each order in the journal before anything follows from it. */
export class OperatorDesk implements OperatorInput, NamedOperatorInput {
  readonly #deps: OperatorDeskDeps;

  constructor(deps: OperatorDeskDeps) {
    this.#deps = deps;
  }

  /** Takes up what was ordered before a restart; to be called before anything is sold. */
  async start(): Promise<void> {
    const { places, journal, log } = this.#deps;
    this.#applyBlock(null, await journal.notes("orders", orderKey(null)));
    for (const [id, place] of places) {
      for (const name of place.setup.formerly ?? []) await carryOver(journal, name, id, this.#deps.clock.wallMs());
      const orders = await journal.notes("orders", orderKey(id));
      this.#applyBlock(id, orders);
      const price = orderedPrice(orders, place.setup.configuredPrice);
      const problem = price === place.setup.configuredPrice ? null : place.setup.priceProblem(price);
      if (problem === null) setPrice(place, price);
      else log.warn({ position: id, price, problem }, "the price that an operator ordered cannot be sold at any more");
    }
  }

  async order(command: Command): Promise<OrderAnswer> {
    const { name } = command;
    if (!this.#deps.allowed.includes(name)) return refused("not-allowed", `${name} is not among mqtt.commands`);
    return await this.#take(command, null);
  }

  orderBy(by: string, command: Command): Promise<OrderAnswer> {
    return this.#take(command, by);
  }

  async #take(command: Command, by: string | null): Promise<OrderAnswer> {
    const { log } = this.#deps;
    const { name } = command;
    try {
      const answer = await this.#carryOut(command, by);
      log.info({ command: name, body: command.body, by, answer: answer.kind }, "an operator's order");
      return answer;
    } catch (error) {
      log.error({ command: name, error: String(error) }, "an operator's order failed");
      return refused("failed", error instanceof Error ? error.message : String(error));
    }
  }

  #carryOut(command: Command, by: string | null): Promise<OrderAnswer> {
    const { body } = command;
    const { position } = "position" in body ? body : { position: undefined };
    // What waits for a person may be of a position that is not configured any more.
    const mayBeGone = command.name === "acknowledge";
    if (position !== undefined && !mayBeGone && !this.#deps.places.has(position)) {
      return Promise.resolve(refused("unknown-position", `there is no position "${position}"`));
    }
    switch (command.name) {
      case "stop":
        return this.#stop(command.body);
      case "block":
        return this.#note(by, command.body.position, { type: "blocked", reason: command.body.reason ?? NO_REASON });
      case "unblock":
        return this.#note(by, command.body.position, { type: "unblocked" });
      case "set-price":
        return this.#setPrice(by, command.body);
      case "reconcile":
        return this.#deps.reconcile(command.body.position ?? null).then(() => DONE);
      case "republish":
        return this.#republish(command.body);
      case "acknowledge":
        return this.#acknowledge(by === null ? command.body : { ...command.body, by });
    }
  }

  async #stop({ position }: Commands["stop"]): Promise<OrderAnswer> {
    const stopped = await this.#deps.places.get(position)?.position.stop("operator");
    return stopped === true ? DONE : refused("conflict", "nothing is running there");
  }

  async #note(by: string | null, position: string | null = null, what: BlockOrder): Promise<OrderAnswer> {
    const { journal, clock } = this.#deps;
    const key = orderKey(position);
    await journal.note("orders", key, () => ({ position, atMs: clock.wallMs(), ...named(by), ...what }));
    this.#applyBlock(position, await journal.notes("orders", key));
    return DONE;
  }

  #applyBlock(position: string | null, orders: readonly Order[]): void {
    const { faults } = this.#deps;
    const block = blockOf(orders);
    if (block === null) faults.clear("operator-block", position);
    else faults.raise("operator-block", position, block.reason);
  }

  async #setPrice(by: string | null, { position: id, unitPrice }: Commands["set-price"]): Promise<OrderAnswer> {
    const { places, journal, clock, changed } = this.#deps;
    const place = places.get(id);
    const problem = place?.setup.priceProblem(unitPrice) ?? null;
    if (place === undefined || problem !== null) return refused("conflict", problem ?? "");
    const { configuredPrice: configured } = place.setup;
    await journal.note("orders", orderKey(id), () => {
      return { position: id, atMs: clock.wallMs(), ...named(by), type: "priced", unitPrice, configured };
    });
    setPrice(place, unitPrice);
    place.pricedAtMs = clock.monotonicMs();
    changed();
    return DONE;
  }

  async #acknowledge(body: Commands["acknowledge"]): Promise<OrderAnswer> {
    const { code, position = null, sale = null, by = BY_COMMAND, note } = body;
    if (code === "books-differ") {
      const settled = await this.#deps.settleBooks(position, { by, note });
      return settled > 0 ? DONE : refused("conflict", "no difference in the books is open there");
    }
    const answer = await this.#deps.matters.acknowledge({ code, position, saleId: sale }, { by, note });
    return "problem" in answer ? refused("conflict", answer.problem) : DONE;
  }

  async #republish({ from, stream = "sales" }: Commands["republish"]): Promise<OrderAnswer> {
    await this.#deps.resend(stream, from);
    return DONE;
  }
}

function named(by: string | null): { readonly by?: string } {
  return by === null ? {} : { by };
}

type BlockOrder = { readonly type: "blocked"; readonly reason: string } | { readonly type: "unblocked" };

/** A sale that runs keeps the price it was begun at: it stands in its terms. */
function setPrice(place: Place, unitPrice: string): void {
  const { setup } = place;
  const tariff = { ...setup.goods.tariff, unitPriceE6: parseUnitPrice(unitPrice) ?? setup.goods.tariff.unitPriceE6 };
  place.setup = { ...setup, goods: { ...setup.goods, tariff } };
}

/** Gives a position what was ordered under a name that it had before; there it is no longer in force. */
async function carryOver(
  journal: Pick<Journal, "note" | "notes">,
  former: string,
  id: string,
  atMs: number,
): Promise<void> {
  for (const order of ordersInForce(await journal.notes("orders", orderKey(former)))) {
    await journal.note("orders", orderKey(id), () => ({ ...order, position: id, atMs }));
    const at = { position: former, atMs };
    await journal.note("orders", orderKey(former), () =>
      order.type === "blocked" ? { ...at, type: "unblocked" } : { ...order, ...at, unitPrice: order.configured },
    );
  }
}

function refused(refusal: Extract<OrderAnswer, { kind: "refused" }>["refusal"], detail: string): OrderAnswer {
  return { kind: "refused", refusal, detail };
}
