import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Loaded } from "./config/load.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { RemoteOffers } from "./ports/unattended.ts";

/** For customers who scan the machine's own printed code; off unless it is configured. */
export async function takeRemoteOffers(
  { file, config, secrets }: Loaded,
  customers: RemoteOffers,
  clock: Clock,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const { unattended } = config.payment.seqr;
  if (unattended === undefined || secrets.unattendedSecret === null) return { close: async () => {} };
  const { startUnattendedListener } = await import("./adapters/unattended/seqr/listener.ts");
  const { certFile, listen, merchantId, requestsPerMinute, publicUrl } = unattended;
  const key = secrets.unattendedKey;
  const tls =
    certFile === undefined || key === null
      ? null
      : { cert: readFileSync(resolve(dirname(file), certFile), "utf8"), key };
  const settings = {
    ...listen,
    merchantId,
    secret: secrets.unattendedSecret,
    tls,
    requestsPerMinute,
    publicUrl: publicUrl ?? null,
    currency: config.kiosk.currency,
    positions: config.positions.map(({ id }) => id),
  };
  return await startUnattendedListener(settings, customers, clock, log);
}
