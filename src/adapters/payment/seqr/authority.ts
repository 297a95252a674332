import { X509Certificate } from "node:crypto";

/** The authority whose certificates count; what it holds may be replaced while calls go on, and counts for the next one. */
export class Authority {
  #pem: string;

  /** Throws when the text holds no certificate. */
  constructor(pem: string) {
    this.#pem = certificatesIn(pem);
  }

  get pem(): string {
    return this.#pem;
  }

  /** Throws when the text holds no certificate, and goes on with the one before. */
  replace(pem: string): void {
    this.#pem = certificatesIn(pem);
  }
}

/** Node takes a text without any certificate as an authority that has signed nothing, and says so nowhere. */
function certificatesIn(pem: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new Error("the certificate authority's file holds no certificate in PEM form");
  }
}
