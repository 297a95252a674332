import { connectAsync, type MqttClient } from "mqtt";
import type { SaleRecord } from "../../src/core/sale/record.ts";

export interface Told extends SaleRecord {
  readonly seq: number;
}

/** The operator's side: every record of a sale that ever came, in the order in which they came. */
export class Subscriber {
  readonly records: Told[] = [];
  readonly #url: string;
  #client: MqttClient | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** To be called again whenever the broker is back, before the daemon can find it. */
  async listen(): Promise<void> {
    this.#client?.end(true);
    const client = await connectAsync(this.#url, { reconnectPeriod: 0, keepalive: 0 });
    client.on("error", () => undefined);
    client.on("message", (_topic, payload) => this.records.push(JSON.parse(payload.toString())));
    await client.subscribeAsync("kioskd/test-1/sales", { qos: 1 });
    this.#client = client;
  }

  close(): void {
    this.#client?.end(true);
  }
}
