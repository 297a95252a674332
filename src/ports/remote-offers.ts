/**
 * What a customer may ask of the kiosk from their own phone, through the payment service. It is only a question:
 * the kiosk decides about an offer as it does about one asked for at its display, with the same refusals.
 */
export interface RemoteOffers {
  /**
   * Begins a sale and tells its offer's reference. `reservationMinor` is the most that the customer can have
   * reserved: the offer is never above it, nor above the position's largest choice.
   *
   * The caller has a deadline of its own and keeps it by itself, by not waiting longer. An offer that it no longer
   * waits for is given up by the kiosk's own offer time-out, as one that nobody scans.
   */
  offerTo(position: string, reservationMinor: number): Promise<RemoteOffer>;
  /**
   * Says that the position's offer may have changed at the service. Nothing is believed: the kiosk asks the
   * service at once instead of at its next poll. Without an offer it does nothing.
   */
  wake(position: string): void;
}

/**
 * `in-use`: another sale runs there. `too-little`: the amount buys nothing. `refused`: the payment service made no
 * invoice. `late`: it did not answer in time, and what it did is not known.
 */
export type RemoteOffer =
  | { readonly kind: "offered"; readonly reference: string }
  | { readonly kind: "in-use" }
  | { readonly kind: "out-of-service"; readonly detail: string }
  | { readonly kind: "too-little" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "late" };
