import { MemoryPayment } from "../support/memory-payment.ts";
import { paymentContract } from "./payment.ts";

paymentContract("The payment service in memory", async ({ wrongPassword }) => {
  let nowMs = 1_790_000_000_000;
  const provider = new MemoryPayment(() => nowMs);
  provider.known = !wrongPassword;
  provider.title = "Station";
  return {
    provider,
    named: "memory",
    books: null,
    endsOpenOffers: true,
    foreignCurrency: null,
    mishap: async (call, kind) => void provider.mishaps.push({ call, kind }),
    noFaults: async () => void provider.mishaps.splice(0),
    forget: async () => provider.forget(),
    reconfigured: async () => {
      const other = new MemoryPayment(() => nowMs, {}, provider);
      other.title = "Another name";
      return other;
    },
    payable: async (saleId) => provider.payable(saleId),
    freesHeldBills: true,
    confirm: async (reference) => provider.confirm(reference),
    decline: async (reference) => provider.decline(reference),
    charged: async (saleId) => provider.chargedMinor(saleId),
    held: async (saleId) => provider.heldMinor(saleId),
    pass: async (durationMs) => {
      nowMs += durationMs;
    },
    close: async () => undefined,
  };
});
