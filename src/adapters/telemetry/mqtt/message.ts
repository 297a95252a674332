import type { PositionView } from "../../../core/sale/view.ts";
import type { Entry, OutboxStream } from "../../../ports/journal.ts";

/** The topics of one kiosk, below `<topicPrefix>/<kioskId>`. */
export interface Topics {
  readonly status: string;
  outbox(stream: OutboxStream): string;
  state(position: string): string;
  meter(position: string): string;
}

export function topicsOf(topicPrefix: string, kioskId: string): Topics {
  const base = `${topicPrefix}/${kioskId}`;
  return {
    status: `${base}/status`,
    outbox: (stream) => `${base}/${stream}`,
    state: (position) => `${base}/positions/${position}/state`,
    meter: (position) => `${base}/positions/${position}/meter`,
  };
}

type Status =
  | { readonly state: "online"; readonly version: string; readonly since: string }
  | { readonly state: "offline"; readonly reason: "lost" | "shutdown" };

export function statusText(status: Status): string {
  return JSON.stringify(status);
}

/** Who reads the broker could pay, or show the code elsewhere: the code's text stays in the kiosk. */
export function stateText({ qr, ...rest }: PositionView): string {
  return JSON.stringify({ ...rest, qrShown: qr !== null });
}

/** Equal for two views between which nothing changed but what flows on the meter topic. */
export function stateKey(view: PositionView): string {
  return stateText(view.state === "dispensing" ? { ...view, quantity: "", amount: "", timeout: null } : view);
}

export function meterText(view: PositionView): string {
  const { saleId, quantity, amount, currency } = view;
  return JSON.stringify({ saleId, quantity, amount, unit: view.product.unit, currency });
}

export function recordText({ seq, body }: Entry<object>): string {
  return JSON.stringify({ seq, ...body });
}
