import type { Metric } from "./payload.ts";

/** The values that hosts have of an edge node or a device: data goes out by exception. */
export class PublishedMetrics {
  readonly #values = new Map<string, Metric["value"]>();

  /** Gives those that hosts do not have yet, and records them as published. */
  changed(metrics: readonly Metric[]): readonly Metric[] {
    const changed = metrics.filter((metric) => this.#values.get(metric.name) !== metric.value);
    this.record(changed);
    return changed;
  }

  /** Records these as published. */
  record(metrics: readonly Metric[]): void {
    for (const metric of metrics) this.#values.set(metric.name, metric.value);
  }
}
