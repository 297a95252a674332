import { X509Certificate } from "node:crypto";
import { readPem, watchFiles } from "../../platform/certificates/watch-files.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

/** The authority whose certificates count, and no other: a file that may change while calls go on. */
export class Authority {
  readonly #path: string;
  #pem: string;
  #unfollow = (): void => {};

  /** Throws when the file cannot be read or holds no certificate. */
  constructor(path: string) {
    this.#path = path;
    this.#pem = certificatesIn(path);
  }

  /** As it counts for the next connection. */
  get pem(): string {
    return this.#pem;
  }

  /** From now on the file is read again when it changes; one that cannot be used leaves what counted before. */
  follow(clock: Clock, log: Log): void {
    this.close();
    const files = watchFiles([this.#path], () => certificatesIn(this.#path), clock);
    const take = (pem: string): void => {
      this.#pem = pem;
      log.info({ file: this.#path }, "the payment service's authority was read again");
    };
    this.#pem = files.first;
    files.follow(take, (reason) =>
      log.warn({ file: this.#path, reason }, "the payment service's authority has changed and cannot be used"),
    );
    this.#unfollow = () => files.close();
  }

  close(): void {
    this.#unfollow();
  }
}

/** Node takes a text without any certificate as an authority that has signed nothing, and says so nowhere. */
function certificatesIn(path: string): string {
  const pem = readPem(path);
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new Error("the certificate authority's file holds no certificate in PEM form");
  }
}
