import type { Metric } from "./payload.ts";

/** What hosts have been told of an edge node or a device: data goes out by exception. */
export class Told {
  readonly #values = new Map<string, Metric["value"]>();

  /** What is new among these; it counts as told. */
  news(metrics: readonly Metric[]): readonly Metric[] {
    const changed = metrics.filter((metric) => this.#values.get(metric.name) !== metric.value);
    this.all(changed);
    return changed;
  }

  /** These count as told. */
  all(metrics: readonly Metric[]): void {
    for (const metric of metrics) this.#values.set(metric.name, metric.value);
  }
}
