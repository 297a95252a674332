/** Every wait and repetition of the engine, in one place. All times in milliseconds. */
export const POLICY = {
  /** Waits between repeated offers; afterwards the offer counts as unanswered. */
  offerRetriesMs: [500, 2_000],
  /** By how much the end of an offer may differ from what is known of its service: it may have been made a call earlier. */
  offerLifeSlackMs: 2 * 60_000,
  /** Waits between readings of a meter that does not answer before a delivery. */
  meterRetriesMs: [100, 250, 500, 1_000, 2_000],
  /** The same after a delivery; the last one repeats until the state's deadline. */
  finalReadingRetriesMs: [100, 250, 500, 1_000, 2_000, 5_000, 10_000],
  /** How long it is asked at the least, however late it is. */
  leastReadingMs: 15_000,
  /** How long an armed dispenser may take until its meter is first heard, and may then be silent. */
  firstReadingMs: 15_000,
  readingSilenceMs: 5_000,
  /** Waits between stops of a dispenser that does not confirm; it is asked until it does or these are used up. */
  stopRetriesMs: [50, 100, 250, 500, 1_000, 2_000, 5_000],
  /** Waits between attempts to commit or release; the last one repeats until the hand-over deadline. */
  resolveRetriesMs: [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000],
  /**
   * So many numbers a capture takes at the most: each one is a "no" to the last, after an answer that was lost. So many of
   * a release are on record, and so many it takes: one for each of its answers until the offer or the hold has ended.
   */
  captureNumbers: 12,
  freeNumbers: 400,
  /** How long the one attempt may take that a sale gets whose deadline has passed before it could be settled or released. */
  leastResolveMs: 5 * 60_000,
  /** When the service is asked about a sale that went to a person, each counted from the one before. */
  lateTruthMs: [2_000, 15_000, 60_000, 3 * 60_000, 5 * 60_000, 10 * 60_000, 15 * 60_000, 15 * 60_000, 15 * 60_000],
  /** How many such sales of one position are asked about at a time; the oldest gives way. */
  lateTruthSales: 8,
  /** A restart asks again about sales that went to a person so recently. */
  lateTruthRecentMs: 24 * 3_600_000,
  /** Waits between appends to a journal that refuses; afterwards the daemon gives up and is restarted. */
  appendRetriesMs: [100, 250, 500, 1_000, 2_000, 5_000, 5_000, 5_000, 5_000, 5_000],
  /** The longest wait that the service may ask for before an offer is sent again. */
  offerAskedMs: 5_000,
  /**
   * The same while a sale's money is at stake: a customer waits, and a service takes back within 20 s what nobody asks
   * about. Of a commit or release one more is sent so long before the end of the state.
   */
  saleAskedMs: 10_000,
  resolveLastMs: 15_000,
  /** By how much longer a delivery may have lasted than is known. */
  spanSlackMs: 5_000,
  /** How long a fault keeps the cause that was last said. */
  causeMs: 30_000,
  /** Polls in a row that must fail before the service counts as unreachable. */
  pollsUntilUnreachable: 3,
  /** How long a new price must have been in force until a choice that names none is one at that price. */
  priceSeenMs: 10_000,
  /** How long a closed sale stays on the display. */
  presentMs: 30_000,
  /** How often an idle kiosk looks whether all is well with what it uses; the payment service has a time of its own. */
  probeMs: 60_000,
  /** The same while a fault is raised that such a look could clear. */
  probeFaultyMs: 10_000,
  /** How often waiting records are offered to a broker that is connected but did not acknowledge. */
  outboxRetryMs: 5_000,
  outboxBatch: 50,
  /** Waits between attempts to attach a receipt that the service does not take; the last one repeats. */
  receiptRetriesMs: [5_000, 15_000, 60_000, 300_000],
  /** Attempts in a row that must fail before somebody hears of it, unless the service refuses the terminal. */
  receiptsUntilTold: 3,
  /** Waits between attempts to free what a service still holds of a paid sale; the last one repeats. */
  remainderRetriesMs: [1_000, 5_000, 15_000, 60_000, 300_000],
  /** After so many answers that freed nothing, or so long after the sale, a person has to free it. */
  remainderAttempts: 5,
  remainderMs: 24 * 3_600_000,
  /** So often it is tried after a start, however late it is. After so many tries a person hears that it lasts. */
  remainderTries: 8,
  remainderTold: 4,
  /** So many rests are under way; while there are, no more are looked for, and none is lost. */
  remaindersMost: 200,
  /** The longest wait that a service may ask for. */
  remainderAskedMs: 10 * 60_000,
  /** How often operators are told how the machine is. */
  reportMs: 60_000,
  /** For how long no sale begins once the daemon was asked to finish. Who still waits asks again. */
  finishMs: 2 * 60_000,
  /** Events waiting at one position; a healthy one has a handful. */
  queueLimit: 256,
  /** How long after a refund was made it is asked whether the bank sent it back. A bank may take a month. */
  refundLooksMs: [3_600_000, 86_400_000, 3 * 86_400_000, 7 * 86_400_000, 14 * 86_400_000, 30 * 86_400_000],
  /** A look without an answer is repeated after this, and no more so long after the last one was due. */
  refundLookAgainMs: 6 * 3_600_000,
  refundLooksEndMs: 7 * 86_400_000,
  /** So many refunds are followed; while there are, no more are looked for, and none is lost. So many are asked about a minute. */
  refundsFollowed: 500,
  refundLooksAtOnce: 5,
  /** Waits between sendings of a refund that may be repeated. */
  refundRetriesMs: [1_000, 5_000, 15_000],
  /** Once so much is noted of a sale's refunds no other is asked for. */
  refundNotesMax: 100,
  /** A refund that has no answer for so long is a person's. */
  refundAnswerMs: 10 * 60_000,
  /** So many open matters of a kind are kept; while there are, no more are looked for, and none is lost. */
  mattersMax: 500,
  mattersBatch: 200,
  /** After so many records in which nothing was found the mark moves on: what a start has to read again. */
  mattersMarkEvery: 64,
  /** How soon what a command noted beside the daemon is seen, while something is open. */
  mattersLookMs: 5_000,
  mattersRetryMs: 10_000,
  /** Waits between attempts to end a period or get its report, which takes the service some seconds. */
  reconcileRetriesMs: [3_000, 3_000, 5_000, 10_000, 30_000, 60_000],
  reconcileAttempts: 30,
  /** What was booked so shortly before the end of a period may stand in the next one. */
  reconcileSlackMs: 2 * 60_000,
  /** After so many notes it is written down where the books stand. */
  booksKeepEvery: 200,
  /** A reconciliation noted further in the future was noted by a wrong clock. */
  reconcileAheadMs: 26 * 3_600_000,
  /** How long a stop of the daemon waits for running sales; what is left is recovered at the next start. */
  shutdownMs: 20_000,
  /** How long an open sale is given when nobody knows how long the machine was off: a router needs minutes. */
  clockLostMs: 10 * 60_000,
  /** How often it is looked whether the clock has been set meanwhile. */
  clockLookMs: 10_000,
  /** How long a queue or the journal may take to let one piece of work through: longer than all retries of an append. */
  stuckMs: 45_000,
  /** How far the clock may lie behind the journal's newest event. */
  clockToleranceMs: 5 * 60_000,
  /** How far it may differ from the payment service's. */
  clockDiffersMs: 10 * 60_000,
  /** How far it may differ from the payment service's to be taken although the journal has seen a later time. */
  clockAgreesMs: 2 * 60_000,
  /** How far apart two answers must be that contradict it. */
  clockConfirmMs: 9_000,
  /** How long the time that an answer told is counted on. */
  serviceTimeFreshMs: 10 * 60_000,
} as const;

/** Beyond these the machine's clock counts as wrong. */
export const CLOCK_BOUNDS = { behindMs: POLICY.clockToleranceMs, differsMs: POLICY.clockDiffersMs };
