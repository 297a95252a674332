import { dirname, resolve } from "node:path";
import { readPem, watchFiles } from "../../../platform/certificates/watch-files.ts";
import type { RemoteOffers } from "../../../ports/remote-offers.ts";
import type { SeqrSite } from "../config.ts";
import { type RemoteOffersDeps, startRemoteOffersListener } from "./listener.ts";

interface RemoteOffersConfig {
  readonly section: Omit<NonNullable<SeqrSite["section"]["unattended"]>, "secretFile">;
  readonly secret: string;
}

interface Site extends Pick<SeqrSite, "file" | "kiosk" | "files"> {
  readonly positions: readonly { readonly id: string }[];
}

/** For customers who scan the machine's own printed code. */
export async function takeRemoteOffers(
  site: Site,
  { section, secret }: RemoteOffersConfig,
  customers: RemoteOffers,
  deps: RemoteOffersDeps,
): Promise<{ close(): Promise<void> }> {
  const { certFile, keyFile, listen, merchantId, requestsPerMinute, publicUrl } = section;
  const isPlain = certFile === undefined || keyFile === undefined;
  const pair = isPlain ? null : watchPair(site, certFile, keyFile, deps);
  const settings = {
    ...listen,
    merchantId,
    secret,
    tls: pair?.first ?? null,
    requestsPerMinute,
    publicUrl: publicUrl ?? null,
    currency: site.kiosk.currency,
    positions: site.positions.map(({ id }) => id),
  };
  const listener = await startRemoteOffersListener(settings, customers, deps);
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

function watchPair({ file, files }: Site, certFile: string, keyFile: string, { clock }: RemoteOffersDeps) {
  const cert = resolve(dirname(file), certFile);
  const key = files.secretPath(keyFile);
  return watchFiles([cert, key], () => ({ cert: readPem(cert), key: files.readSecret(key) }), clock);
}
