import { blocks, type Fault } from "../../core/faults.ts";
import type { HealthMessage } from "../../core/operator/messages.ts";
import type { PositionView } from "../../core/sale/view.ts";
import type { Metric } from "./payload.ts";

export const REBIRTH = "Node Control/Rebirth";

/** What flows: told at most once a second while it does. */
export const LIVE: readonly string[] = ["Quantity", "Amount"];

/** A position as the configuration knows it, before the engine has shown it. */
export interface Place {
  readonly id: string;
  readonly productName: string;
  readonly unit: string;
}

export interface KioskFacts {
  readonly kioskName: string;
  /** The daemon's. */
  readonly version: string;
  readonly currency: string;
}

export function birthDeathMetric(bdSeq: number): Metric {
  return { name: "bdSeq", type: "UInt64", value: bdSeq };
}

/** The edge node's, but for its birth and death number. Health is null until it was first reported. */
export function nodeMetrics(
  facts: KioskFacts,
  faults: readonly Fault[],
  health: HealthMessage | null,
): readonly Metric[] {
  const outbox = health?.outbox;
  return [
    { name: REBIRTH, type: "Boolean", value: false },
    text("Properties/Name", facts.kioskName),
    text("Properties/Version", facts.version),
    { name: "Faults/Raised", type: "Int32", value: faults.length },
    { name: "Faults/Blocking", type: "Int32", value: faults.filter(blocks).length },
    integer("Health/Uptime Seconds", health?.uptimeS),
    integer("Health/Resident Bytes", health?.residentBytes),
    double("Health/Loop Lag Milliseconds", health?.loopLagMs),
    integer("Health/Disk Free Bytes", health?.diskFreeBytes),
    double("Health/Temperature Celsius", health?.temperatureC),
    integer("Health/Outbox Sales", outbox?.sales),
    integer("Health/Outbox Refunds", outbox?.refunds),
    integer("Health/Outbox Reconciliations", outbox?.reconciliations),
    integer("Health/Outbox Unaccounted", outbox?.unaccounted),
  ];
}

/**
 * A device's. Amounts are doubles, as hosts draw and compare them: nothing is billed by them. `view` is null until
 * the engine has shown the position, `charged` until a sale was closed.
 */
export function positionMetrics(
  place: Place,
  currency: string,
  view: PositionView | null,
  charged: string | null,
): readonly Metric[] {
  return [
    text("State", view?.state),
    text("Message", view?.message),
    { name: "Available", type: "Boolean", value: view?.available ?? null },
    text("Product", view?.product.name ?? place.productName),
    text("Unit", view?.product.unit ?? place.unit),
    text("Currency", view?.currency ?? currency),
    double("Unit Price", view?.unitPrice),
    double("Quantity", view?.quantity),
    double("Amount", view?.amount),
    double("Reserved", view?.reserved),
    double("Charged", charged),
    text("Faults", view?.faults.map((fault) => fault.code).join(",")),
  ];
}

function text(name: string, value: string | undefined): Metric {
  return { name, type: "String", value: value ?? null };
}

function double(name: string, value: string | number | null | undefined): Metric {
  return { name, type: "Double", value: value === null || value === undefined ? null : Number(value) };
}

function integer(name: string, value: number | null | undefined): Metric {
  return { name, type: "Int64", value: value ?? null };
}
