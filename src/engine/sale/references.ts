import type { Journal, OwnedName } from "../../ports/journal.ts";

/** Names that were claimed and may not be in the journal yet; far more than there are positions. */
const CLAIMS_MOST = 256;

/**
 * The payment services' names, each of one sale for ever: the sale that had it first at that service. Without this a
 * service that gives one name twice would have two dispensers armed on one reservation, or one payment stand for two sales.
 */
export class References {
  readonly #journal: Pick<Journal, "ownerOf">;
  readonly #claims = new Map<string, string>();

  constructor(journal: Pick<Journal, "ownerOf">) {
    this.#journal = journal;
  }

  /** True when the name is, and from now on stays, the sale's. What cannot be looked up is taken for somebody else's. */
  async isOf(saleId: string, owned: OwnedName): Promise<boolean> {
    const { kind, name, service = "" } = owned;
    const key = `${kind} ${service} ${name}`;
    const claimant = this.#claims.get(key) ?? saleId;
    if (claimant !== saleId) return false;
    // Claimed before it is looked up, or two positions could find it free at the same time.
    this.#claims.set(key, saleId);
    const oldest = this.#claims.keys().next();
    if (this.#claims.size > CLAIMS_MOST && !oldest.done) this.#claims.delete(oldest.value);
    const owner = await this.#journal.ownerOf(owned).catch(() => "unknown");
    if (owner === null || owner === saleId) return true;
    this.#claims.delete(key);
    return false;
  }
}
