import { dirname, resolve } from "node:path";
import { followPair, type PairFiles, watchPair } from "../../../platform/certificates/watch-pair.ts";
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
  const pair = isPlain ? null : watchPair(pairFiles(site, certFile, keyFile), deps.clock);
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
  if (pair !== null) followPair(pair, (tls) => listener.renew(tls), "The unattended service", deps.log);
  return {
    close: async () => {
      pair?.close();
      await listener.close();
    },
  };
}

function pairFiles({ file, files }: Site, certFile: string, keyFile: string): PairFiles {
  const keyPath = files.secretPath(keyFile);
  return { certPath: resolve(dirname(file), certFile), keyPath, readKey: () => files.readSecret(keyPath) };
}
