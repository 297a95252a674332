import { dirname, resolve } from "node:path";
import type { Loaded } from "../config/load.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import type { UnattendedDeps } from "../payments/seqr/remote-offers/listener.ts";
import type { RemoteOffers } from "../ports/unattended.ts";

/** For customers who scan the machine's own printed code; off unless it is configured. */
export async function takeRemoteOffers(
  { file, config, secrets }: Loaded,
  customers: RemoteOffers,
  deps: UnattendedDeps,
): Promise<{ close(): Promise<void> }> {
  const { unattended } = config.payment.seqr;
  if (unattended === undefined || secrets.unattendedSecret === null) return { close: async () => {} };
  const { startUnattendedListener } = await import("../payments/seqr/remote-offers/listener.ts");
  const { certFile, keyFile, listen, merchantId, requestsPerMinute, publicUrl } = unattended;
  const isPlain = certFile === undefined || keyFile === undefined || secrets.unattendedKey === null;
  const pair = isPlain ? null : await watchPair(file, certFile, keyFile, deps);
  const settings = {
    ...listen,
    merchantId,
    secret: secrets.unattendedSecret,
    tls: pair?.first ?? null,
    requestsPerMinute,
    publicUrl: publicUrl ?? null,
    currency: config.kiosk.currency,
    positions: config.positions.map(({ id }) => id),
  };
  const listener = await startUnattendedListener(settings, customers, deps);
  pair?.follow(
    (tls) => {
      listener.renew(tls);
      deps.log.info({ certFile }, "The unattended service has a new certificate.");
    },
    (reason) => deps.log.warn({ certFile, reason }, "A new certificate cannot be used; the one before stays in use."),
  );
  return {
    close: async () => {
      pair?.close();
      await listener.close();
    },
  };
}

async function watchPair(file: string, certFile: string, keyFile: string, { clock }: UnattendedDeps) {
  const { readPem, watchFiles } = await import("../platform/certificates/watch-files.ts");
  const cert = resolve(dirname(file), certFile);
  const key = secretPath(file, keyFile);
  return watchFiles([cert, key], () => ({ cert: readPem(cert), key: readSecret(key) }), clock);
}
