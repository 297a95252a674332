import type { Order } from "../../src/core/operator/orders.ts";
import type { KioskView } from "../../src/ports/display.ts";
import type { World } from "./world.ts";

/** What belongs to a position stays in force, whatever the configuration says of it at the next start (money rule 8). */
export class StartRules {
  readonly #world: World;
  readonly #broken: (rule: string, detail: string) => void;

  constructor(world: World, broken: (rule: string, detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  begun(): void {
    const { places } = this.#world;
    for (const { sale } of this.#world.rules.openStates()) {
      if (!places.names(sale.position)) this.#broken("8 restart", `${sale.id} of ${sale.position} is forgotten`);
      if (places.retired.includes(sale.position))
        this.#broken("3 resolved", `${sale.id} of ${sale.position} is retired`);
    }
    const [lost] = this.#unnamedOrders();
    if (lost !== undefined) this.#broken("8 restart", `what was ordered for ${lost} is forgotten`);
  }

  /** A person is bothered only when there is a reason. */
  refused(): void {
    const { places } = this.#world;
    if (
      this.#world.rules.openStates().some(({ sale }) => !places.names(sale.position)) ||
      this.#unnamedOrders().length > 0
    )
      return;
    this.#broken("8 restart", "the start is refused, although nothing would be forgotten");
  }

  /** A block or a price in force, by the durable orders alone. */
  #unnamedOrders(): readonly string[] {
    const { places, disk } = this.#world;
    return places.allNames.filter((name) => {
      if (places.names(name)) return false;
      const orders = disk.notes("orders", name) as Order[];
      const price = orders.filter((order) => order.type === "priced").at(-1);
      if (price !== undefined && price.unitPrice !== price.configured) return true;
      return isBlockedBy(orders);
    });
  }

  shown(view: KioskView): void {
    const { orders } = this.#world;
    const sold = view.positions.find(({ id, available }) => available && orders.isBlocked(id));
    if (sold !== undefined) this.#broken("6 code", `position ${sold.id} sells in spite of an operator's block`);
  }
}

/** Whether the orders of a name leave it blocked. */
export function isBlockedBy(orders: readonly Order[]): boolean {
  return orders.filter(({ type }) => type !== "priced").at(-1)?.type === "blocked";
}
