import { isOpen } from "../../src/core/sale/state.ts";
import { formatUnitPrice } from "../../src/core/tariff.ts";
import type { PositionSetup } from "../../src/engine/sale/admission.ts";
import type { Dispenser } from "../../src/ports/dispenser.ts";
import type { PositionSetting, Setting } from "./setting.ts";
import type { World } from "./world.ts";

/** A place with its devices, told from others by the name that it had at first; and what the configuration says of it. */
export interface Place {
  readonly home: string;
  name: string;
  formerly: readonly string[];
  isConfigured: boolean;
  terminal: string;
  meter: string;
}

/** The configuration, which somebody may change between two runs, by mistake or on purpose. */
export class Places {
  readonly all: readonly Place[];
  #retired: string[] = [];
  readonly #homes = new Map<string, string>();
  readonly #world: World;
  #changes = 0;

  constructor(world: World) {
    this.#world = world;
    this.all = world.setting.positions.map(({ goods: { position: home } }) => {
      this.#homes.set(home, home);
      const devices = { terminal: `terminal ${home}`, meter: `meter ${home}` };
      return { home, name: home, formerly: [], isConfigured: true, ...devices };
    });
  }

  get retired(): readonly string[] {
    return this.#retired;
  }

  get configured(): readonly Place[] {
    return this.all.filter(({ isConfigured }) => isConfigured);
  }

  /** All that there ever were. */
  get allNames(): readonly string[] {
    return [...this.#homes.keys()];
  }

  /** The place that a name is or was of. */
  homeOf(name: string): string {
    return this.#homes.get(name) ?? name;
  }

  placeOf(name: string): Place | undefined {
    const home = this.homeOf(name);
    return this.all.find((place) => place.home === home);
  }

  /** Whether the configuration says anything of a name. */
  names(name: string): boolean {
    return this.#retired.includes(name) || this.configured.some((place) => namesOf(place).includes(name));
  }

  /** Where the daemon shows what waits of a name: at the position that has it now, of a retired one at the kiosk. */
  shownAt(name: string): string | null {
    if (this.#retired.includes(name)) return null;
    return this.configured.find((place) => namesOf(place).includes(name))?.name ?? name;
  }

  /** The terminal at which a position of this name sells. */
  terminalOf(name: string): string | null {
    return this.configured.find((place) => namesOf(place).includes(name))?.terminal ?? null;
  }

  /** Before a run: what was taken away comes back, and now and then something else changes. */
  maybeChange(): void {
    const { chaos } = this.#world;
    for (const place of this.all) if (!place.isConfigured && chaos.random.chance(0.7)) this.#putBack(place);
    if (!chaos.strikes("config-changed")) return;
    const place = this.#pick();
    if (!place.isConfigured) return;
    const others = ["renamed", "renamed-only", "terminal", "meter"] as const;
    const isOnly = this.configured.length === 1;
    const change = isOnly ? chaos.random.pick(others) : chaos.random.pick([...others, "removed", "retired"]);
    this.#world.note(() => `configuration: position ${place.name}: ${change}`);
    this.#changes++;
    if (change === "renamed") this.#rename(place, true);
    else if (change === "renamed-only") this.#rename(place, false);
    else if (change === "terminal") place.terminal = `terminal ${place.home}, number ${this.#changes}`;
    else if (change === "meter") {
      place.meter = `meter ${place.home}, number ${this.#changes}`;
      this.#world.dispenserAt(place.home).metered();
    } else {
      place.isConfigured = false;
      if (change === "retired") this.#retire(place);
      this.#world.dispenserAt(place.home).taken();
    }
  }

  /** Rather one with an open sale: there a change matters most. */
  #pick(): Place {
    const { chaos, rules } = this.#world;
    const open = this.all.filter(({ home }) => isOpen(rules.stateAt(home)));
    const isAtSale = open.length > 0 && chaos.random.chance(0.7);
    return chaos.random.pick((isAtSale ? open : this.all) as [Place, ...Place[]]);
  }

  /** What the person does who is told that the kiosk does not start. */
  obey(): void {
    const { chaos } = this.#world;
    for (const place of this.all) {
      const isLost = [...this.#homes].some(([name, home]) => home === place.home && !this.names(name));
      if (!isLost) continue;
      const remedy = chaos.random.pick(["as it was", "as it was", "retire"]);
      this.#world.note(() => `configuration: position ${place.name}: ${remedy}`);
      if (remedy === "retire") this.#retire(place);
      else this.#putBack(place);
    }
  }

  /** Under the name that it has; names that it had before are said to be its own. */
  #putBack(place: Place): void {
    place.isConfigured = true;
    const names = [...this.#homes].filter(([, home]) => home === place.home).map(([name]) => name);
    this.#retired = this.#retired.filter((name) => !names.includes(name));
    place.formerly = names.filter((name) => name !== place.name);
  }

  #rename(place: Place, isSaid: boolean): void {
    const before = place.name;
    place.name = `${place.home}-${this.#changes}`;
    this.#homes.set(place.name, place.home);
    place.formerly = isSaid ? [...place.formerly, before] : [];
  }

  /** All names that the place had, but for the one that it has. */
  #retire(place: Place): void {
    const gone = [...this.#homes].filter(
      ([name, home]) => home === place.home && !(place.isConfigured && name === place.name),
    );
    place.formerly = [];
    this.#retired = [...new Set([...this.#retired, ...gone.map(([name]) => name)])];
  }
}

function namesOf({ name, formerly }: Place): readonly string[] {
  return [name, ...formerly];
}

/** What the daemon is given of a place. */
export function setupOf(
  { name, formerly, terminal, meter }: Place,
  { goods, noFlowTimeoutMs }: PositionSetting,
  { timing }: Setting,
  dispenser: Dispenser,
): PositionSetup {
  return {
    goods: { ...goods, position: name },
    ...{ formerly, identity: { terminal, meter }, dispenser, noFlowTimeoutMs, timing },
    configuredPrice: formatUnitPrice(goods.tariff),
    priceProblem: () => null,
  };
}
