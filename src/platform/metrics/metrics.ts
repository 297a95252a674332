import Registry from "prom-client/lib/registry.js";
import type { Metrics, Observer } from "../../ports/metrics.ts";
import { observed, type Sold } from "./observed.ts";
import { polled } from "./polled.ts";

export interface Prometheus {
  readonly observer: Observer;
  /** The text for one scrape, in the Prometheus text format 0.0.4. */
  render(metrics: Metrics): Promise<string>;
}

/** Counts from now on. Labels have only values that configuration and code name, so that the text stays small. */
export function createPrometheus({ version, ...sold }: Sold & { readonly version: string }): Prometheus {
  const registry = new Registry();
  const observer = observed(registry, sold);
  const poll = polled(registry, version);
  return {
    observer,
    render: async (metrics) => {
      poll(metrics);
      return await registry.metrics();
    },
  };
}
