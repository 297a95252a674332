/** A payment or refund as one side has it; a refund has a negative amount. */
export interface Booking {
  readonly paymentReference: string;
  readonly amountMinor: number;
}

export interface OwnBooking extends Booking {
  readonly saleId: string;
  readonly atMs: number;
}

interface Difference {
  readonly paymentReference: string;
  readonly saleId: string | null;
  readonly oursMinor: number | null;
  readonly theirsMinor: number | null;
}

export interface Comparison {
  readonly matched: readonly OwnBooking[];
  /** In our journal, not in the service's books. */
  readonly missingThere: readonly Difference[];
  /** In the service's books, not in our journal. */
  readonly missingHere: readonly Difference[];
  readonly differing: readonly Difference[];
  /** Too close to the end of the period to be missed in it: looked for again in the next one. */
  readonly carried: readonly OwnBooking[];
}

/** So many bookings are looked at in one go. */
const STEP = 500;

/**
 * Compares the service's books of a period with ours. Each booking is used once; what was booked within
 * `slackMs` before the mark may have fallen into the next period. The books of a busy day are long: between its steps
 * others may have their turn.
 */
export function* compareBooks(
  theirs: readonly Booking[],
  ours: readonly OwnBooking[],
  markedAtMs: number,
  slackMs: number,
): Generator<void, Comparison> {
  const left = new Set(ours);
  const byReference = new Map<string, OwnBooking[]>();
  for (const [index, own] of ours.entries()) {
    if (index % STEP === STEP - 1) yield;
    const same = byReference.get(own.paymentReference);
    if (same === undefined) byReference.set(own.paymentReference, [own]);
    else same.push(own);
  }
  const matched: OwnBooking[] = [];
  const missingHere: Difference[] = [];
  const differing: Difference[] = [];
  const take = ({ paymentReference }: Booking, fits: (own: OwnBooking) => boolean): OwnBooking | null => {
    const own = byReference.get(paymentReference)?.find((each) => left.has(each) && fits(each)) ?? null;
    if (own !== null) left.delete(own);
    return own;
  };
  const unequal: Booking[] = [];
  for (const [index, booking] of theirs.entries()) {
    if (index % STEP === STEP - 1) yield;
    const exact = take(booking, (own) => own.amountMinor === booking.amountMinor);
    if (exact === null) unequal.push(booking);
    else matched.push(exact);
  }
  for (const [index, booking] of unequal.entries()) {
    if (index % STEP === STEP - 1) yield;
    const own = take(booking, (each) => Math.sign(each.amountMinor) === Math.sign(booking.amountMinor));
    if (own === null) missingHere.push(difference(booking, null));
    else differing.push(difference(booking, own));
  }
  const recent = (own: OwnBooking): boolean => own.atMs > markedAtMs - slackMs;
  const unmatched = [...left];
  return {
    matched,
    missingThere: unmatched.filter((own) => !recent(own)).map((own) => difference(null, own)),
    missingHere,
    differing,
    carried: unmatched.filter(recent),
  };
}

/** What of a comparison is written down one by one; further differences are counted. */
export function listed<C extends Pick<Comparison, "missingThere" | "missingHere" | "differing" | "carried">>(
  { missingThere, missingHere, differing, carried }: C,
  more: number,
): Pick<Comparison, "missingThere" | "missingHere" | "differing" | "carried"> & { readonly beyond?: number } {
  const lists = [missingThere, missingHere, differing, carried];
  const beyond = lists.reduce((sum, { length }) => sum + Math.max(0, length - OPEN_MAX), more);
  return {
    missingThere: missingThere.slice(0, OPEN_MAX),
    missingHere: missingHere.slice(0, OPEN_MAX),
    differing: differing.slice(0, OPEN_MAX),
    carried: carried.slice(0, OPEN_MAX),
    ...(beyond === 0 ? {} : { beyond }),
  };
}

function difference(theirs: Booking | null, ours: OwnBooking | null): Difference {
  return {
    paymentReference: (theirs ?? ours)?.paymentReference ?? "",
    saleId: ours?.saleId ?? null,
    oursMinor: ours?.amountMinor ?? null,
    theirsMinor: theirs?.amountMinor ?? null,
  };
}

/** The life of the reconciliations of one position, each in the journal before anything follows from it. */
export type ReconciliationEvent = {
  readonly position: string;
  readonly atMs: number;
} /** Somebody asked for one outside the schedule. */ & (
  | { readonly type: "requested" }
  /** `due` is the local time by which it was due, or null when it was asked for. */
  | { readonly type: "begun"; readonly due: string | null }
  /** No clear answer to the mark: a period may have been closed whose name nobody knows. */
  | { readonly type: "mark-unclear"; readonly detail: string }
  | { readonly type: "marked"; readonly periodId: string }
  | {
      readonly type: "compared";
      readonly periodId: string;
      /** Our records up to this number were looked at. */
      readonly throughSale: number;
      readonly throughRefund: number;
      readonly matched: number;
      /** True when a period before it was lost: what is missing there may only be unseen. */
      readonly gap: boolean;
      readonly missingThere: readonly Difference[];
      readonly missingHere: readonly Difference[];
      readonly differing: readonly Difference[];
      readonly carried: readonly OwnBooking[];
      /** How many more differences there were than are listed. */
      readonly beyond?: number;
    }
  | { readonly type: "failed"; readonly detail: string }
  /** A person has looked into the differences of a payment, or of all where `paymentReference` is null. */
  | { readonly type: "settled"; readonly paymentReference: string | null; readonly by: string; readonly note: string }
);

/** A difference that nobody has settled, with the night that it came from. */
interface OpenDifference extends Difference {
  readonly kind: "missing-there" | "missing-here" | "differing";
  readonly periodId: string;
  readonly atMs: number;
}

/** So many of a position are kept one by one; further ones are counted, and go when all are settled. */
export const OPEN_MAX = 1_000;

/** Where the reconciliations of a position stand. */
export interface ReconciliationState {
  readonly lastDue: string | null;
  readonly requested: boolean;
  readonly running: null | { readonly gap: boolean; readonly periodId: string | null; readonly markedAtMs: number };
  readonly throughSale: number;
  readonly throughRefund: number;
  readonly carried: readonly OwnBooking[];
  readonly last: Extract<ReconciliationEvent, { type: "compared" | "failed" }> | null;
  /** The differences of all nights that wait for a person, oldest first. */
  readonly open: readonly OpenDifference[];
  /** How many more there are than are kept. */
  readonly openBeyond: number;
  /** Differences of earlier nights that the last comparison explained. */
  readonly explained: readonly OpenDifference[];
}

/** Where the reconciliations of all positions stood: a start need not read all that was before. */
export interface BooksSoFar {
  /** By which rules it was computed. What other rules gave is computed anew. */
  readonly rules: number;
  /** Notes up to this number are in it. */
  readonly through: number;
  /** Every name of a position that they bear, and the position that had the name by then. */
  readonly heirs: Readonly<Record<string, string>>;
  readonly states: Readonly<Record<string, ReconciliationState>>;
}

/** To be raised with every change of `reconciliationStep`. */
export const RULES = 1;

export const FRESH: ReconciliationState = {
  lastDue: null,
  requested: false,
  running: null,
  throughSale: 0,
  throughRefund: 0,
  carried: [],
  last: null,
  open: [],
  openBeyond: 0,
  explained: [],
};

export function reconciliationOf(events: readonly ReconciliationEvent[]): ReconciliationState {
  return events.reduce(reconciliationStep, FRESH);
}

export function reconciliationStep(state: ReconciliationState, event: ReconciliationEvent): ReconciliationState {
  switch (event.type) {
    case "requested":
      return { ...state, requested: true };
    case "begun": {
      const gap = state.last?.type === "failed";
      const running = { gap, periodId: null, markedAtMs: 0 };
      return { ...state, requested: false, lastDue: event.due ?? state.lastDue, running };
    }
    case "mark-unclear":
      return state.running === null ? state : { ...state, running: { ...state.running, gap: true } };
    case "marked": {
      if (state.running === null) return state;
      return { ...state, running: { ...state.running, periodId: event.periodId, markedAtMs: event.atMs } };
    }
    case "compared": {
      const { throughSale, throughRefund, carried } = event;
      return { ...state, running: null, throughSale, throughRefund, carried, last: event, ...openAfter(state, event) };
    }
    case "failed":
      return { ...state, running: null, last: event };
    case "settled": {
      const { paymentReference: settled } = event;
      if (settled === null) return { ...state, open: [], openBeyond: 0 };
      return { ...state, open: state.open.filter(({ paymentReference }) => paymentReference !== settled) };
    }
  }
}

type Compared = Extract<ReconciliationEvent, { type: "compared" }>;

/** The differences of one comparison. */
function differencesOf({ periodId, atMs, missingThere, missingHere, differing }: Compared): OpenDifference[] {
  const of = (kind: OpenDifference["kind"], found: readonly Difference[]): OpenDifference[] =>
    found.map((each) => ({ ...each, kind, periodId, atMs }));
  return [...of("missing-there", missingThere), ...of("missing-here", missingHere), ...of("differing", differing)];
}

/**
 * A payment that the service booked in another period than we did is missing on one side one night and on the other
 * side another night. The two are the same booking, once on each side with the same amount, so nothing is left that
 * anybody could ask about. Each explains one: a payment booked twice stays.
 */
function openAfter(
  state: ReconciliationState,
  event: Compared,
): Pick<ReconciliationState, "open" | "openBeyond" | "explained"> {
  const before = [...state.open];
  const explained: OpenDifference[] = [];
  const fresh = differencesOf(event).filter((found) => {
    const at = before.findIndex((earlier) => explains(found, earlier));
    if (at >= 0) explained.push(...before.splice(at, 1));
    return at < 0;
  });
  const open = [...before, ...fresh];
  const openBeyond = state.openBeyond + (event.beyond ?? 0) + Math.max(0, open.length - OPEN_MAX);
  return { open: open.slice(0, OPEN_MAX), openBeyond, explained };
}

function explains(found: OpenDifference, earlier: OpenDifference): boolean {
  if (found.paymentReference !== earlier.paymentReference) return false;
  if (found.kind === "missing-here") return earlier.kind === "missing-there" && found.theirsMinor === earlier.oursMinor;
  return found.kind === "missing-there" && earlier.kind === "missing-here" && found.oursMinor === earlier.theirsMinor;
}

/** How many differences wait for a person. */
export function openCount({ open, openBeyond }: ReconciliationState): number {
  return open.length + openBeyond;
}

/** The differences that wait for a person, counted by kind. */
export function differencesText({ open, openBeyond }: ReconciliationState): string {
  const count = (kind: (typeof open)[number]["kind"]): number => open.filter((each) => each.kind === kind).length;
  const counts = `${count("missing-there")} missing there, ${count("missing-here")} missing here, ${count("differing")} differing`;
  return openBeyond === 0 ? counts : `${counts}, ${openBeyond} more`;
}
