import type { PersonCode } from "../../core/faults.ts";
import type { Matter } from "../../core/matters.ts";
import { formatAmount } from "../../core/money.ts";
import { isoTime } from "../../core/time.ts";
import type { Waiting } from "../../ports/operator.ts";
import type { Named } from "../belongings.ts";
import type { Matters } from "./matters.ts";
import { ReconciliationStates } from "./reconciliation-states.ts";

interface WaitingDeps {
  readonly journal: ConstructorParameters<typeof ReconciliationStates>[0];
  readonly matters: Pick<Matters, "open">;
  readonly positions: readonly Named[];
  readonly currency: string;
}

/** Oldest first. */
export async function waitingIn({ journal, matters, positions, currency }: WaitingDeps): Promise<readonly Waiting[]> {
  const states = await new ReconciliationStates(journal, positions).all();
  const differences = [...states].flatMap(([position, { open }]) =>
    open.map(({ atMs, kind, paymentReference, saleId, oursMinor, theirsMinor }) => {
      const money = (minor: number | null): string =>
        minor === null ? "none" : `${formatAmount(minor, currency)} ${currency}`;
      const detail = `payment ${paymentReference}: ${money(oursMinor)} here, ${money(theirsMinor)} there (${kind})`;
      return { code: "books-differ" as const, position, saleId, atMs, detail };
    }),
  );
  return [...matters.open, ...differences]
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ code, position, saleId, atMs, detail }: Omit<Matter, "matterId" | "code"> & { code: PersonCode }) => ({
      ...{ code, position, saleId, detail },
      since: isoTime(atMs),
    }));
}
