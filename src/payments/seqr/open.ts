import type { PaymentDeps, PaymentService } from "../../ports/payment-plug-in.ts";
import { createSeqrBooks } from "./books.ts";
import { SeqrCalls } from "./calls.ts";
import type { SeqrSite } from "./config.ts";
import { createSeqrProvider } from "./provider.ts";
import { seqrSettings } from "./settings.ts";

/** Rejects when endpoint or authority are not acceptable or the interface description cannot be read. */
export async function open(site: SeqrSite, { clock, log, observe }: PaymentDeps): Promise<PaymentService> {
  const settings = seqrSettings(site);
  const calls = await SeqrCalls.create(settings, clock, log, observe);
  const provider = await createSeqrProvider(settings, clock, log, calls);
  return {
    provider,
    books: await createSeqrBooks(settings, clock, log, calls),
    booksClosedBecause:
      settings.reseller === null ? "payment.seqr.reseller is missing: nobody may read the books" : null,
    accountOf: (position) => settings.terminals.get(position)?.id,
    takeOffers: offersOf(site, { clock, log }),
    close: () => provider.close(),
  };
}

function offersOf(site: SeqrSite, { clock, log }: PaymentDeps): PaymentService["takeOffers"] {
  const section = site.section.unattended;
  const secret = site.secrets.at(["payment", "seqr", "unattended", "secretFile"]);
  if (section === undefined || secret === null) return null;
  return async (customers, dropped) => {
    const { takeRemoteOffers } = await import("./remote-offers/take.ts");
    return await takeRemoteOffers(site, { section, secret }, customers, { dropped, clock, log });
  };
}
