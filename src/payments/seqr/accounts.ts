import type { PaymentPosition } from "../../ports/payment-plug-in.ts";
import type { ResellerCredentials, TerminalCredentials } from "./calls.ts";
import type { SeqrPosition, SeqrSite } from "./config.ts";
import { readRegisteredTerminal } from "./registered.ts";

/** The terminal of a position: of the configuration, else the registered one; null when it has none. */
export function terminalOf(site: SeqrSite, position: PaymentPosition<SeqrPosition>): TerminalCredentials | null {
  const { terminal } = position.own;
  if (terminal === undefined) {
    const kept = readRegisteredTerminal(site.journal.path, position, site.files);
    return kept === null || kept.terminalId === null ? null : { id: kept.terminalId, password: kept.password };
  }
  const index = site.positions.findIndex(({ id }) => id === position.id);
  const password = site.secrets.at(["positions", index, "terminal", "passwordFile"]);
  return password === null ? null : { id: terminal.id, password };
}

/** The merchant's own account; null when the configuration has none. */
export function resellerOf({ section, secrets }: SeqrSite): ResellerCredentials | null {
  const { reseller } = section;
  const password = secrets.at(["payment", "seqr", "reseller", "passwordFile"]);
  return reseller === undefined || password === null ? null : { id: reseller.id, userId: reseller.userId, password };
}

export const NO_RESELLER =
  "payment.seqr.reseller is missing in the configuration: id, userId and passwordFile are needed for this.";
