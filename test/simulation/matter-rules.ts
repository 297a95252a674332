import type { Closed } from "../../src/core/sale/state.ts";
import type { OrderAnswer } from "../../src/ports/operator.ts";
import type { World } from "./world.ts";

interface Matter {
  readonly code: "needs-attention" | "overrun";
  readonly saleId: string;
  readonly position: string;
  /** `asked`: somebody has ordered it, and whether that was carried out is not known. */
  state: "open" | "asked" | "acknowledged";
  /** What the records of the sale have said so far. */
  readonly reasons: Set<string>;
}

/** What is handed to a person stays with them until they say that they have looked, whatever becomes of the daemon. */
export class MatterRules {
  readonly #world: World;
  readonly #broken: (rule: string, detail: string) => void;
  readonly #matters: Matter[] = [];

  constructor(world: World, broken: (rule: string, detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  get any(): boolean {
    return this.#matters.length > 0;
  }

  /** A sale was closed, or something was learned of it late. */
  closed({ sale, outcome, reason, delivery }: Closed): void {
    const arise = (code: Matter["code"], why: string): void => this.#arise(code, sale.id, sale.position, why);
    if (outcome === "needs-attention") arise("needs-attention", String(reason));
    if (delivery?.certain === false) arise("needs-attention", "meter");
    if ((delivery?.lossMinor ?? 0) > (delivery?.waivedMinor ?? 0)) arise("overrun", "loss");
  }

  /** A later record of the same sale leaves something only where it says what none before it said. */
  #arise(code: Matter["code"], saleId: string, position: string, reason: string): void {
    const known = this.#find(code, saleId);
    if (known === undefined) {
      this.#matters.push({ code, saleId, position, state: "open", reasons: new Set([reason]) });
    } else if (!known.reasons.has(reason)) {
      known.reasons.add(reason);
      // Whether what is asked just now is about it nobody can tell.
      if (known.state === "acknowledged") known.state = "open";
    }
  }

  /** One that a person may look at now, rather one of several: there the wrong one can be taken. */
  pick(): Pick<Matter, "code" | "position" | "saleId"> | null {
    const all = this.#matters.filter(({ state }) => state === "open");
    const { places } = this.#world;
    const isOneOfMany = ({ code, position }: Matter): boolean =>
      all.filter((each) => each.code === code && places.shownAt(each.position) === places.shownAt(position)).length > 1;
    const several = all.filter(isOneOfMany);
    const open = several.length > 0 ? several : all;
    return open[this.#world.chaos.random.int(0, Math.max(0, open.length - 1))] ?? null;
  }

  /** Gives what is to be told the answer. */
  asked(code: string, saleId: string): (answer: OrderAnswer) => void {
    const matter = this.#find(code, saleId);
    if (matter === undefined) return () => {};
    matter.state = "asked";
    const seen = matter.reasons.size;
    return ({ kind }) => {
      if (kind === "done" && matter.reasons.size === seen) matter.state = "acknowledged";
    };
  }

  judge(when: string): void {
    const { kiosk, places } = this.#world;
    const raised = kiosk?.faults.all ?? [];
    for (const { code, saleId, position, state } of this.#matters) {
      if (state === "asked") continue;
      const isShown = raised.some(
        (fault) =>
          fault.code === code &&
          fault.position === places.shownAt(position) &&
          fault.detail.includes(`sale ${saleId}:`),
      );
      if (isShown === (state === "open")) continue;
      this.#broken("3 person", `${code} of ${saleId} is ${state}, and ${isShown ? "" : "not "}shown ${when}`);
    }
  }

  #find(code: string, saleId: string): Matter | undefined {
    return this.#matters.find((matter) => matter.code === code && matter.saleId === saleId);
  }
}
