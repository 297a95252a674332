import type { State } from "../../core/sale/state.ts";
import type { RemoteOffer } from "../../ports/remote-offers.ts";

/** What has become of the offer of a sale that was asked for from outside; null while it is being made. */
export function remoteOffer(state: State, saleId: string): RemoteOffer | null {
  if (state.phase !== "idle" && state.sale.id !== saleId) return { kind: "late" };
  switch (state.phase) {
    case "offering":
      return null;
    case "offered":
    case "reserved":
    case "dispensing":
      return { kind: "offered", reference: state.offer.reference };
    case "idle":
    case "settling":
      return { kind: "late" };
    case "closed":
      return state.outcome === "released"
        ? { kind: "refused", detail: "the payment service made no invoice" }
        : { kind: "late" };
  }
}
