import type { FastifyInstance } from "fastify";
import { adviceFor, type Fault, severity } from "../../core/faults.ts";
import type { NotSelling } from "../../core/not-selling.ts";
import type { PositionView } from "../../core/sale/view.ts";
import { isoTime } from "../../core/time.ts";
import type { InForce, Waiting } from "../../ports/operator.ts";
import type { Context } from "../context.ts";

/** What stands on the page "Now". */
export interface Now {
  readonly at: string;
  readonly positions: readonly NowPosition[];
  /** Of the whole kiosk. */
  readonly block: InForce["block"];
  readonly faults: readonly NowFault[];
  readonly waiting: number;
}

export interface NowPosition {
  /** The code is the customer's: it is not here. */
  readonly view: PositionView;
  readonly notSelling: NotSelling | null;
  readonly block: InForce["block"];
  readonly price: InForce["price"];
}

export interface NowFault extends Pick<Fault, "code" | "position" | "detail"> {
  readonly since: string;
  readonly severity: ReturnType<typeof severity>;
  /** In English, of whoever raised it. */
  readonly advice: string;
  /** The advice is of this cause, and not that of the kind. */
  readonly isOwnAdvice: boolean;
}

/** All who look within it get the same answer. */
const SAME_MS = 1_000;

export function addNow(app: FastifyInstance, { kiosk, clock }: Context): void {
  let last: { readonly atMs: number; readonly now: Promise<Now> } | null = null;
  app.get("/api/now", () => {
    const atMs = clock.monotonicMs();
    if (last === null || atMs - last.atMs >= SAME_MS) last = { atMs, now: now() };
    return last.now;
  });
  app.get("/api/attention", (): Promise<readonly Waiting[]> => kiosk.waiting());

  /** Whoever looks why nothing is sold must see it just when the journal is gone. */
  async function inForce(position: string | null): Promise<InForce> {
    return await kiosk.inForce(position).catch(() => ({ price: null, block: null }));
  }

  async function now(): Promise<Now> {
    const [whole, waiting, ...positions] = await Promise.all([
      inForce(null),
      kiosk.waiting().catch(() => []),
      ...kiosk.view().positions.map(async (view): Promise<NowPosition> => {
        const { price, block } = await inForce(view.id);
        return { view: { ...view, qr: null }, notSelling: kiosk.notSelling(view.id), block, price };
      }),
    ]);
    return {
      at: isoTime(clock.wallMs()),
      positions,
      block: whole.block,
      faults: kiosk.faults().map(faultOf),
      waiting: waiting.length,
    };
  }
}

function faultOf(fault: Fault): NowFault {
  const { code, position, detail, sinceMs, advice } = fault;
  return {
    ...{ code, position, detail, since: isoTime(sinceMs), severity: severity(code) },
    ...{ advice: adviceFor(fault), isOwnAdvice: advice !== undefined },
  };
}
