import type { CustomerHint, SaleEvent } from "../../src/core/sale/event.ts";
import { IDLE, type State } from "../../src/core/sale/state.ts";
import { transition } from "../../src/core/sale/transition.ts";
import { simulate } from "../simulation/simulate.ts";
import { at, HAPPY, RECEIPT, SELECTED } from "../support/sale-fixtures.ts";
import { type Standing, standingOf } from "./kinds.ts";

/** The events of one sale, from its choice on. */
export type Story = readonly SaleEvent[];

const LONGEST = 30;
const HINTS: readonly CustomerHint[] = ["declined", "try-again", "unavailable"];

/** What the simulated service does not do. */
const UNUSUAL: readonly Story[] = [
  ...HINTS.map((customer) => [SELECTED, at(1, { type: "offer-refused", detail: "refused", customer })]),
  [...HAPPY.slice(0, 2), at(9, { type: "payment-ended", how: "failed" })],
  [...HAPPY.slice(0, 2), at(9, { type: "captured", capturedMinor: 100, receipt: RECEIPT })],
  [...HAPPY.slice(0, 5), at(61, { type: "captured", capturedMinor: null, receipt: RECEIPT })],
  [...HAPPY.slice(0, 5), at(61, { type: "captured", capturedMinor: 9_000, receipt: RECEIPT })],
  [...HAPPY.slice(0, 5), at(61, { type: "captured", capturedMinor: 9_945, receipt: RECEIPT, stillHeldMinor: 20_055 })],
];

/**
 * Sales of the real engine in its simulated surroundings, each of which holds a step that none before it holds.
 * The shorter are looked at first.
 */
export async function gatherSales(seeds: number): Promise<readonly Story[]> {
  const stories = [...UNUSUAL];
  for (let seed = 1; seed <= seeds; seed++) stories.push(...(await lived(seed)));
  const known = new Set<string>();
  return stories
    .filter(({ length }) => length <= LONGEST)
    .sort((one, other) => one.length - other.length)
    .filter((story) => {
      const fresh = stepsOf(story).filter((step) => !known.has(step));
      for (const step of fresh) known.add(step);
      return fresh.length > 0;
    });
}

async function lived(seed: number): Promise<Story[]> {
  const { disk } = await simulate(seed);
  const stories = new Map<string, SaleEvent[]>();
  for (const { saleId, body } of disk.rows) {
    stories.set(saleId, [...(stories.get(saleId) ?? []), JSON.parse(body) as SaleEvent]);
  }
  return [...stories.values()];
}

function stepsOf(story: Story): string[] {
  const states = [IDLE, ...statesOf(story)];
  return story.map((event, index) => `${placeOf(states[index])} ${event.type} ${placeOf(states[index + 1])}`);
}

function placeOf(state: State = IDLE): string {
  return state.phase === "closed" ? `${state.outcome} ${state.reason}` : (standingOf(state) ?? state.phase);
}

function statesOf(story: Story): State[] {
  let state: State = IDLE;
  return story.map((event) => {
    [state] = transition(state, event);
    return state;
  });
}

/** The beginning of the longest sale that ever stands so, up to the last moment at which it does. */
export function upTo(standing: Standing, stories: readonly Story[]): Story {
  for (const story of stories.toSorted((one, other) => other.length - one.length)) {
    const index = statesOf(story).findLastIndex((state) => standingOf(state) === standing);
    if (index >= 0) return story.slice(0, index + 1);
  }
  throw new Error(`no sale ever stands ${standing}`);
}
