import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { TlsPair } from "./pair.ts";
import { readPem, type WatchedFiles, watchFiles } from "./watch-files.ts";

export interface PairFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readKey(): string;
}

/** A certificate and its key, looked at once a minute. Throws when they cannot be read at the start. */
export function watchPair({ certPath, keyPath, readKey }: PairFiles, clock: Clock): WatchedFiles<TlsPair> {
  return watchFiles([certPath, keyPath], () => ({ cert: readPem(certPath), key: readKey() }), clock);
}

/** Hands on each new pair to `renew`, which throws when it cannot be used. @param whose such as "The chargers' server" */
export function followPair(pair: WatchedFiles<TlsPair>, renew: (tls: TlsPair) => void, whose: string, log: Log): void {
  pair.follow(
    (tls) => {
      renew(tls);
      log.info({}, `${whose} has a new certificate.`);
    },
    (reason) => log.warn({ whose, reason }, "A new certificate cannot be used; the one before stays in use."),
  );
}
