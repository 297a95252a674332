import { existsSync } from "node:fs";
import type { Loaded } from "../config/load.ts";
import type { Payment } from "../config/plug-ins.ts";
import { replay } from "../core/sale/recover.ts";
import { IDLE, isOpen } from "../core/sale/state.ts";
import { lastSaleOf, type Named } from "../engine/belongings.ts";
import { CliError } from "../platform/console/failure.ts";
import type { CommandKit } from "../ports/payment-plug-in.ts";
import { loadConfig } from "../wiring/load.ts";
import { configuredPayment, paymentSite } from "../wiring/payment.ts";
import { listenAddress } from "./demo-address.ts";
import { onToldToEnd, toldToEnd } from "./ending.ts";
import { logFor } from "./run.ts";

/** What the commands of a payment service are given. */
export function kitFor(plugIn: Payment): CommandKit<unknown, unknown> {
  return {
    load(file, purpose) {
      const loaded = loadConfig(file, purpose);
      const service = configuredPayment(loaded, plugIn.name);
      if (service === null) {
        const { provider } = loaded.config.payment;
        throw new CliError(`This is for kiosks with ${plugIn.name}, and ${file} has payment.provider: ${provider}.`);
      }
      return {
        ...paymentSite(loaded, service),
        log: () => logFor(loaded, "error"),
        openSale: (position) => openSaleOf(loaded, position),
      };
    },
    listenAddress,
    toldToEnd,
    onToldToEnd,
    certify: async (plan) => (await import("./certify.ts")).certifyService(plan),
  };
}

/** The journal's lock tells a running daemon; its last sale, a stopped one that still owes something. */
async function openSaleOf({ config }: Loaded, position: Named): Promise<string | null> {
  if (!existsSync(config.journal.path)) return null;
  const { openJournal } = await import("../platform/journal/sqlite/journal.ts");
  const journal = openJournal(config.journal);
  try {
    const state = replay(IDLE, await lastSaleOf(journal, position));
    return isOpen(state) ? state.sale.id : null;
  } finally {
    await journal.close();
  }
}
