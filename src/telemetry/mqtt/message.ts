import { adviceFor, type Fault, owner, severity } from "../../core/faults.ts";
import type { PositionView } from "../../core/sale/view.ts";
import { isoTime } from "../../core/time.ts";
import type { FaultsMessage, MeterMessage, StateMessage, StatusMessage } from "./message-schema.ts";

export function statusText(status: StatusMessage): string {
  return JSON.stringify(status);
}

/** Who reads the broker could pay, or show the code elsewhere: the code's text stays in the kiosk. */
export function stateText({ qr, ...rest }: PositionView): string {
  const message: StateMessage = { ...rest, qrShown: qr !== null };
  return JSON.stringify(message);
}

/** Equal for two views between which nothing changed but what flows on the meter topic. */
export function stateKey(view: PositionView): string {
  return stateText(view.state === "dispensing" ? { ...view, quantity: "", amount: "", timeout: null } : view);
}

export function meterText(view: PositionView): string {
  const { saleId, quantity, amount, currency } = view;
  const message: MeterMessage = { saleId, quantity, amount, unit: view.product.unit, currency };
  return JSON.stringify(message);
}

export function faultsText(faults: readonly Fault[]): string {
  const message: FaultsMessage = {
    faults: faults.map((fault) => {
      const { code, position, sinceMs, detail } = fault;
      return {
        ...{ code, severity: severity(code), position, since: isoTime(sinceMs) },
        ...{ owner: owner(code), detail, advice: adviceFor(fault) },
      };
    }),
  };
  return JSON.stringify(message);
}
