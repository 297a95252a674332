import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Metrics, Observer } from "../../../src/ports/metrics.ts";
import { fullScrape, prometheus, QUIET } from "../../monitoring/scrape.ts";
import { type Family, parseText } from "../../monitoring/text-format.ts";
import { PAID } from "../../support/sale-fixtures.ts";

function valuesOf(family: Family | undefined): Record<string, number> {
  const entries = family?.samples.map(({ name, labels, value }) => {
    const text = Object.entries(labels).map(([label, of]) => `${label}=${of}`);
    return [`${name.slice(family.name.length)}{${text.sort().join(",")}}`, value] as const;
  });
  return Object.fromEntries(entries ?? []);
}

async function shown(family: string, { happens, metrics = QUIET }: Case): Promise<Record<string, number>> {
  const { observer, render } = prometheus();
  happens?.(observer);
  return valuesOf(parseText(await render(metrics)).get(family));
}

interface Case {
  readonly happens?: (observer: Observer) => void;
  readonly metrics?: Metrics;
}

const AT_TWO = { position: "2", sinceMs: 0, detail: "" };

describe("a scrape", () => {
  it.each<[string, Case, Record<string, number>]>([
    [
      "kioskd_sales_total",
      {
        happens: (observer) => {
          observer.saleClosed(PAID);
          observer.saleClosed(PAID);
          observer.saleClosed({ ...PAID, position: "2", outcome: "released", charged: "0.00" });
          observer.saleClosed({ ...PAID, amends: true });
        },
      },
      {
        "{outcome=paid,position=1}": 2,
        "{outcome=released,position=1}": 0,
        "{outcome=needs-attention,position=1}": 0,
        "{outcome=paid,position=2}": 0,
        "{outcome=released,position=2}": 1,
        "{outcome=needs-attention,position=2}": 0,
      },
    ],
    [
      "kioskd_charged_total",
      {
        happens: (observer) => {
          for (let sale = 0; sale < 3; sale++) observer.saleClosed({ ...PAID, charged: "0.10" });
          observer.saleClosed({ ...PAID, currency: "JPY", charged: "250" });
          observer.saleClosed({ ...PAID, charged: "0.20", amends: true });
        },
      },
      { "{currency=SEK,position=1}": 0.5, "{currency=SEK,position=2}": 0, "{currency=JPY,position=1}": 250 },
    ],
    [
      "kioskd_refusals_total",
      {
        happens: (observer) => {
          observer.refused("in-use");
          observer.refused("in-use");
          observer.refused("payment-unreachable");
        },
      },
      { "{reason=in-use}": 2, "{reason=payment-unreachable}": 1 },
    ],
    [
      "kioskd_commands_total",
      {
        happens: (observer) => {
          observer.commanded("stop", "ok");
          observer.commanded("unknown", "unknown-command");
        },
      },
      { "{command=stop,result=ok}": 1, "{command=unknown,result=unknown-command}": 1 },
    ],
    [
      "kioskd_connections_dropped_total",
      {
        happens: (observer) => {
          observer.connectionDropped("display", "slow");
          observer.connectionDropped("display", "slow");
          observer.connectionDropped("remote-offers", "share");
        },
      },
      Object.fromEntries(
        ["display", "operator", "remote-offers"].flatMap((listener) =>
          ["slow", "share", "displaced", "pipelined", "not-reading", "follower-displaced", "follower-refused"].map(
            (reason) => {
              const count =
                listener === "display" && reason === "slow"
                  ? 2
                  : Number(listener === "remote-offers" && reason === "share");
              return [`{listener=${listener},reason=${reason}}`, count];
            },
          ),
        ),
      ),
    ],
    [
      "kioskd_outbox_records",
      { metrics: { ...QUIET, outbox: { sales: 3, refunds: 0, reconciliations: 1, unaccounted: 0 } } },
      { "{stream=sales}": 3, "{stream=refunds}": 0, "{stream=reconciliations}": 1, "{stream=unaccounted}": 0 },
    ],
    [
      "kioskd_fault",
      {
        metrics: {
          ...QUIET,
          faults: [
            { ...AT_TWO, code: "dispenser-fault" },
            { ...AT_TWO, code: "broker-unreachable", position: null },
          ],
        },
      },
      {
        "{code=dispenser-fault,position=2,severity=blocking}": 1,
        "{code=broker-unreachable,position=,severity=warning}": 1,
      },
    ],
    ["kioskd_broker_connected", {}, { "{}": 1 }],
    ["kioskd_broker_connected", { metrics: { ...QUIET, brokerConnected: false } }, { "{}": 0 }],
    ["kioskd_broker_connected", { metrics: { ...QUIET, brokerConnected: null } }, {}],
    ["kioskd_events_ignored_total", { metrics: { ...QUIET, ignoredEvents: 7 } }, { "{}": 7 }],
    ["kioskd_resident_bytes", {}, { "{}": 100_000_000 }],
    ["kioskd_build_info", {}, { "{version=1.2.3}": 1 }],
  ])("shows %s", async (family, given, expected) => {
    expect(await shown(family, given)).toEqual(expected);
  });

  it.each<[string, (observer: Observer) => void, string, string, number]>([
    ["kioskd_poll_to_armed_seconds", (observer) => observer.armed(40), "", "0.05", 0.04],
    ["kioskd_journal_append_duration_seconds", (observer) => observer.journaled(4), "", "0.005", 0.004],
    [
      "kioskd_payment_call_duration_seconds",
      (observer) => observer.paymentCall("sendInvoice", "unknown", 10_000),
      ",operation=sendInvoice,outcome=unknown",
      "10",
      10,
    ],
  ])("puts a time into its bucket of %s, in seconds", async (family, happens, labels, bound, seconds) => {
    const values = await shown(family, { happens });
    const buckets = Object.entries(values).filter(([series]) => series.startsWith("_bucket"));
    const reached = buckets.find(([, count]) => count === 1);
    expect(reached?.[0]).toBe(`_bucket{le=${bound}${labels}}`);
    expect(values[`_bucket{le=+Inf${labels}}`]).toBe(1);
    expect(values[`_count{${labels.slice(1)}}`]).toBe(1);
    expect(values[`_sum{${labels.slice(1)}}`]).toBe(seconds);
  });

  it("counts on between scrapes and forgets what is over", async () => {
    const { observer, render } = prometheus();
    observer.refused("in-use");
    await render({ ...QUIET, ignoredEvents: 2, faults: [{ ...AT_TWO, code: "overrun" }] });
    observer.refused("in-use");
    const families = parseText(await render({ ...QUIET, ignoredEvents: 5, brokerConnected: null }));
    expect(valuesOf(families.get("kioskd_refusals_total"))).toEqual({ "{reason=in-use}": 2 });
    expect(valuesOf(families.get("kioskd_events_ignored_total"))).toEqual({ "{}": 5 });
    expect(families.get("kioskd_fault")?.samples).toEqual([]);
    expect(families.get("kioskd_broker_connected")?.samples).toEqual([]);
  });

  it("shows how long the event loop stood still since the last one, from the second on", async () => {
    const { render } = prometheus();
    const lag = async () => valuesOf(parseText(await render(QUIET)).get("kioskd_event_loop_lag_max_seconds"))["{}"];
    expect(await lag()).toBeUndefined();
    // The time from tick to tick is known from the second tick on.
    await sleep(100);
    standStill(300);
    await sleep(100);
    expect(await lag()).toBeGreaterThan(0.2);
  });

  it("tells the daemon's start, the same each time", async () => {
    const { render } = prometheus();
    const start = async () => valuesOf(parseText(await render(QUIET)).get("process_start_time_seconds"))["{}"];
    const first = await start();
    await sleep(20);
    expect(first).toBeGreaterThan(Date.UTC(2026, 0, 1) / 1000);
    expect(await start()).toBe(first);
  });

  it("follows the naming rules", async () => {
    for (const { name, type, help } of parseText(await fullScrape()).values()) {
      expect(name).toMatch(/^(kioskd|process)_[a-z0-9_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(help.length).toBeGreaterThan(0);
    }
  });
});

function standStill(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs);
}
