/** Several edges that came close together, with quiet before and after. */
export interface EdgeGroup {
  readonly edges: number;
  /** When there was none of them yet. */
  readonly sinceMs: number;
  /** No longer than this lay between the first and the last. */
  readonly spanMs: number;
  /** How long it was quiet before: at least. */
  readonly quietMs: number;
}

/** Of the rate that is believed at the most: edges that come faster than this after a quiet are no flow. */
const CLOSE = 0.75;
/** So many times their own span it is quiet before and after edges of one pulse. A flow that has begun goes on. */
const APART = 2;

/** The last part of each second is looked at so closely that edges of one pulse stand apart from flow. */
const CYCLE_MS = 1_000;
const CLOSE_FROM_MS = 800;
const CLOSE_LOOK_MS = 2;

/** How soon somebody should look again for the sake of this. */
export function spacingLookMs(nowMs: number): number {
  const inCycleMs = nowMs % CYCLE_MS;
  return inCycleMs < CLOSE_FROM_MS ? CLOSE_FROM_MS - inCycleMs : CLOSE_LOOK_MS;
}

/**
 * Tells edges of one pulse from flow at any rate: they come closer together than the greatest flow's pulses, and then
 * none for a while. A look that saw edges knows only that they came after the look before it. So how close together
 * edges can be seen to be depends on how often somebody looks.
 */
export class EdgeGroups {
  readonly #maxPulsesPerSecond: number;
  #lookedMs: number | null = null;
  /** What the looks up to now saw in a row; null once it is judged, and where nothing was seen yet. */
  #group: { edges: number; excess: number; readonly sinceMs: number; readonly quietMs: number } | null = null;
  #hadEdges = false;
  /** When the last look that saw edges had read them. */
  #edgesByMs: number | null = null;

  constructor(maxPulsesPerSecond: number) {
    this.#maxPulsesPerSecond = maxPulsesPerSecond;
  }

  /**
   * One look: the count was read after `fromMs` and before `byMs`. Says how many of these edges came too soon after a
   * quiet to be flow, and tells a group once, when the quiet after it is known.
   */
  look(edges: number, fromMs: number, byMs: number): { readonly excess: number; readonly group: EdgeGroup | null } {
    const sinceMs = this.#lookedMs;
    this.#lookedMs = fromMs;
    if (sinceMs === null) return { excess: 0, group: null };
    const follows = this.#hadEdges;
    this.#hadEdges = edges > 0;
    if (edges === 0) return { excess: 0, group: this.#judge(fromMs) };
    const quietMs = this.#edgesByMs === null ? 0 : sinceMs - this.#edgesByMs;
    if (!follows || this.#group === null) this.#group = { edges: 0, excess: 0, sinceMs, quietMs };
    this.#edgesByMs = byMs;
    const group = this.#group;
    group.edges += edges;
    const before = group.excess;
    group.excess = Math.max(before, this.#excess(group, byMs - group.sinceMs));
    return { excess: Math.min(edges, group.excess - before), group: null };
  }

  #excess({ edges, quietMs }: { readonly edges: number; readonly quietMs: number }, spanMs: number): number {
    if (quietMs < APART * spanMs) return 0;
    return Math.max(0, edges - 1 - Math.floor((CLOSE * this.#maxPulsesPerSecond * spanMs) / 1_000));
  }

  #judge(nowMs: number): EdgeGroup | null {
    if (this.#group === null || this.#edgesByMs === null) return null;
    const { edges, sinceMs, quietMs } = this.#group;
    const spanMs = this.#edgesByMs - sinceMs;
    if (nowMs - this.#edgesByMs < APART * spanMs) return null;
    const excess = this.#excess(this.#group, spanMs);
    this.#group = null;
    return excess > 0 ? { edges, sinceMs, spanMs, quietMs } : null;
  }
}
