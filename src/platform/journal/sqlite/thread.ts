import { isDeepStrictEqual } from "node:util";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Journal, NoteKey, Notes } from "../../../ports/journal.ts";
import { JournalError, JournalGoneError } from "./errors.ts";
import { type CheckedJournal, openJournal } from "./journal.ts";
import type { JournalPlace } from "./open.ts";

/**
 * The journal on a thread of its own: a sync of a slow card takes as long as it takes, and neither a valve that must
 * close now nor a display may wait for it. Calls are carried out in the order in which they were made.
 */
interface Question {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: string; readonly kind: "gone" | "known" | "other" }
);

/** What the thread carries out. To note something takes two questions, for a decision cannot cross between threads. */
type Method = Exclude<keyof Journal, "note"> | "noteAfter" | "opened";

/** Nobody else adds to the notes of one key so often. */
const NOTE_ATTEMPTS = 100;
/** A step takes a few milliseconds of it, and on a slow board no more than a fifth of the time. */
const LOOK_EVERY_MS = 20;
const LOOK_PAUSE = 4;
/** Not beside a start, which has enough to do. */
const LOOK_AFTER_MS = 10_000;
/** The thread holds statements and one page of rows. */
const RESOURCES = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 };

/**
 * `observe` is told how long each event took until it was durable, the way to the thread and its queue included.
 * @throws JournalError as `openJournal`.
 */
export async function openJournalThread(
  place: JournalPlace,
  observe: (durationMs: number) => void = () => undefined,
): Promise<Journal> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { journal: place }, resourceLimits: RESOURCES });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let asked = 0;
  let dead: Error | null = null;
  const die = (error: Error): void => {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", (error) => die(new JournalError(`The journal's thread failed: ${String(error)}`)));
  worker.on("exit", () => die(new JournalError("The journal is closed.")));
  worker.on("message", (answer: Answer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("value" in answer) question?.resolve(answer.value as never);
    else question?.reject(asError(answer));
  });
  const ask = <T>(method: Method, ...args: readonly unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      if (dead !== null) return reject(dead);
      const id = asked++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, args } satisfies Question);
    });
  await ask("opened");
  return {
    append: async (position, event, record) => {
      const startedMs = performance.now();
      await ask("append", position, event, record);
      observe(performance.now() - startedMs);
    },
    lastSale: (position) => ask("lastSale", position),
    handedOver: (position, sinceMs, limit) => ask("handedOver", position, sinceMs, limit),
    ownerOf: (owned) => ask("ownerOf", owned),
    positions: () => ask("positions"),
    newestAtMs: () => ask("newestAtMs"),
    check: () => ask("check"),
    look: () => ask("look"),
    salesAfter: (seq, limit) => ask("salesAfter", seq, limit),
    notes: (stream, key) => ask("notes", stream, key),
    notesAfter: (stream, seq, limit) => ask("notesAfter", stream, seq, limit),
    note: (stream, key, decide) => noteThrough(ask, stream, key, decide),
    pending: (reader, limit) => ask("pending", reader, limit),
    pendingCount: (reader) => ask("pendingCount", reader),
    reread: (reader, fromSeq) => ask("reread", reader, fromSeq),
    hasBegun: (reader) => ask("hasBegun", reader),
    beginNow: (reader) => ask("beginNow", reader),
    acknowledge: (reader, seq) => ask("acknowledge", reader, seq),
    tidy: (tidying) => ask("tidy", tidying),
    close: async () => {
      if (dead !== null) return;
      await ask("close");
      await worker.terminate();
    },
  };
}

/** Decides on the notes as they are, and adds only while they still are: else it decides again. */
async function noteThrough<S extends keyof Notes>(
  ask: <T>(method: Method, ...args: readonly unknown[]) => Promise<T>,
  stream: S,
  key: NoteKey,
  decide: (notes: readonly Notes[S][]) => Notes[S] | null,
): Promise<Notes[S] | null> {
  for (let attempt = 0; attempt < NOTE_ATTEMPTS; attempt++) {
    const seen = await ask<readonly Notes[S][]>("notes", stream, key);
    const body = decide(seen);
    if (body === null || (await ask<boolean>("noteAfter", stream, key, seen, body))) return body;
  }
  throw new JournalError(`Notes of ${[key].flat().join(", ")} change faster than they can be added to.`);
}

function asError({ error, kind }: Extract<Answer, { readonly error: string }>): Error {
  if (kind === "gone") return new JournalGoneError(error);
  return kind === "known" ? new JournalError(error) : new Error(error);
}

function serve(place: JournalPlace, answer: (answer: Answer) => void): (question: Question) => Promise<void> {
  let journal: CheckedJournal | null = null;
  let isLooking = false;
  /** Looks at all that is not looked at yet; questions come in between. */
  function lookOn(opened: CheckedJournal, pauseMs = LOOK_AFTER_MS): void {
    isLooking = true;
    setTimeout(() => {
      const startedMs = performance.now();
      isLooking = opened.checkOn(Date.now());
      if (isLooking) lookOn(opened, Math.max(LOOK_EVERY_MS, LOOK_PAUSE * (performance.now() - startedMs)));
    }, pauseMs).unref();
  }
  async function carryOut({ method, args }: Question): Promise<unknown> {
    if (journal === null) {
      journal = openJournal(place);
      lookOn(journal);
    }
    if (method === "opened") return null;
    // Once a week it begins anew with it.
    if (method === "tidy" && !isLooking) lookOn(journal);
    if (method !== "noteAfter") return await (journal[method] as (...args: readonly unknown[]) => unknown)(...args);
    const [stream, key, seen, body] = args as [keyof Notes, NoteKey, readonly unknown[], Notes[keyof Notes]];
    return (await journal.note(stream, key, (notes) => (isDeepStrictEqual(notes, seen) ? body : null))) !== null;
  }
  return async (question) => {
    try {
      answer({ id: question.id, value: await carryOut(question) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const known = error instanceof JournalError ? "known" : "other";
      answer({ id: question.id, error: text, kind: error instanceof JournalGoneError ? "gone" : known });
    }
  };
}

const thread = parentPort;
const ours = (workerData as { readonly journal?: JournalPlace } | null)?.journal;
if (thread !== null && ours !== undefined) {
  const take = serve(ours, (answer) => thread.postMessage(answer));
  thread.on("message", (question: Question) => void take(question));
}
