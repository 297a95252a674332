import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { OwnedName } from "../../../../ports/journal.ts";

/** What an event brings that no other sale may have. */
export function ownedBy(event: SaleEvent): OwnedName | null {
  if (event.type !== "offer-made" && event.type !== "captured") return null;
  const service = event.service === undefined ? {} : { service: event.service };
  if (event.type === "offer-made") return { kind: "offer", name: event.reference, ...service };
  return { kind: "payment", name: event.receipt.paymentReference, ...service };
}

/** The name as it stands in the table. A service's own name has no blank. */
export function writtenAs({ name, service }: OwnedName): string {
  return service === undefined ? name : `${service} ${name}`;
}
