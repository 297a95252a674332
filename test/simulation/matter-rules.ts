import type { Closed } from "../../src/core/sale/state.ts";
import type { OrderAnswer } from "../../src/ports/operator.ts";
import type { World } from "./world.ts";

interface Matter {
  readonly code: "needs-attention" | "overrun";
  readonly saleId: string;
  readonly position: string;
  /** `asked`: somebody has ordered it, and whether that was carried out is not known. */
  state: "open" | "asked" | "acknowledged";
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

  closed({ sale, outcome, delivery }: Closed): void {
    const about = { saleId: sale.id, position: sale.position, state: "open" } as const;
    if (outcome === "needs-attention" || delivery?.certain === false)
      this.#arise({ code: "needs-attention", ...about });
    if ((delivery?.lossMinor ?? 0) > 0) this.#arise({ code: "overrun", ...about });
  }

  /** A later record of the same sale leaves nothing that was not there before. */
  #arise(matter: Matter): void {
    const isKnown = ({ code, saleId }: Matter): boolean => code === matter.code && saleId === matter.saleId;
    if (!this.#matters.some(isKnown)) this.#matters.push(matter);
  }

  /** One that a person may look at now, rather one of several: there the wrong one can be taken. */
  pick(): Pick<Matter, "code" | "position" | "saleId"> | null {
    const all = this.#matters.filter(({ state }) => state === "open");
    const isOneOfMany = ({ code, position }: Matter): boolean =>
      all.filter((each) => each.code === code && each.position === position).length > 1;
    const several = all.filter(isOneOfMany);
    const open = several.length > 0 ? several : all;
    return open[this.#world.chaos.random.int(0, Math.max(0, open.length - 1))] ?? null;
  }

  asked(code: string, saleId: string): void {
    this.#move(code, saleId, "asked");
  }

  answered(code: string, saleId: string, { kind }: OrderAnswer): void {
    if (kind === "done") this.#move(code, saleId, "acknowledged");
  }

  judge(when: string): void {
    const raised = this.#world.kiosk?.faults.all ?? [];
    for (const { code, saleId, position, state } of this.#matters) {
      if (state === "asked") continue;
      const isShown = raised.some(
        (fault) => fault.code === code && fault.position === position && fault.detail.includes(`sale ${saleId}:`),
      );
      if (isShown === (state === "open")) continue;
      this.#broken("3 person", `${code} of ${saleId} is ${state}, and ${isShown ? "" : "not "}shown ${when}`);
    }
  }

  #move(code: string, saleId: string, state: Matter["state"]): void {
    const found = this.#matters.find((matter) => matter.code === code && matter.saleId === saleId);
    if (found !== undefined) found.state = state;
  }
}
