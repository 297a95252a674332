import { parentPort, Worker, workerData } from "node:worker_threads";
import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { SalesHistory } from "../../../ports/sales-history.ts";
import { JournalError } from "./errors.ts";
import { type History, openHistory } from "./history.ts";

/**
 * What people read of old sales, on a thread of its own that is there only while somebody asks: a search through years
 * holds up neither a sale nor what the journal's own thread writes.
 */
type Method = "page" | "sale" | "totals";

interface Question {
  readonly id: number;
  readonly method: Method;
  readonly wish: unknown;
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

/** The thread ends when nobody has asked for so long. */
const IDLE_MS = 60_000;
const ANSWER_MS = 30_000;
const WAITING_MAX = 8;
const RESOURCES = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 96 };

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
  readonly cancel: Cancel;
}

/** Nothing is opened before the first question. A question rejects with a JournalError that says what to do. */
export function openHistoryThread(path: string, clock: Clock): SalesHistory {
  return new HistoryThread(path, clock);
}

class HistoryThread implements SalesHistory {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;
  #isClosed = false;
  #cancelIdle: Cancel = () => {};

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  readonly page: SalesHistory["page"] = (wish) => this.#ask("page", wish);
  readonly sale: SalesHistory["sale"] = (saleId) => this.#ask("sale", saleId);
  readonly totals: SalesHistory["totals"] = (wish) => this.#ask("totals", wish);

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end("The journal is closed.");
  }

  #ask<T>(method: Method, wish: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new JournalError("The journal is closed."));
      if (this.#waiting.size >= WAITING_MAX) {
        return reject(new JournalError("Too many ask for old sales at once: try again in a moment."));
      }
      const id = this.#asked++;
      const cancel = this.#clock.after(ANSWER_MS, () => {
        void this.#end("Old sales could not be read within 30 seconds: ask for a shorter time.");
      });
      this.#waiting.set(id, { resolve, reject, cancel });
      this.#worker ??= this.#begin();
      this.#worker.postMessage({ id, method, wish } satisfies Question);
    });
  }

  #begin(): Worker {
    this.#cancelIdle();
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { history: this.#path },
      resourceLimits: RESOURCES,
    });
    const gone = (error: string): void => {
      if (this.#worker === worker) void this.#end(error);
    };
    worker.on("message", (answer: Answer) => this.#take(answer));
    worker.on("error", (error) => gone(`Old sales could not be read: ${error.message}`));
    worker.on("exit", () => gone("Old sales could not be read: the thread ended."));
    worker.unref();
    return worker;
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    waiting?.cancel();
    if ("value" in answer) waiting?.resolve(answer.value as never);
    else waiting?.reject(new JournalError(answer.error));
    if (this.#waiting.size > 0) return;
    this.#cancelIdle();
    this.#cancelIdle = this.#clock.after(IDLE_MS, () => {
      if (this.#waiting.size === 0) void this.#end("");
    });
  }

  async #end(error: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#cancelIdle();
    for (const { reject, cancel } of this.#waiting.values()) {
      cancel();
      reject(new JournalError(error));
    }
    this.#waiting.clear();
    await worker?.terminate();
  }
}

function answerTo(history: History, { method, wish }: Question): unknown {
  switch (method) {
    case "page":
      return history.page(wish as Parameters<History["page"]>[0]);
    case "sale":
      return history.sale(wish as string);
    case "totals":
      return history.totals(wish as Parameters<History["totals"]>[0]);
  }
}

const thread = parentPort;
const path = (workerData as { readonly history?: string } | null)?.history;
if (thread !== null && path !== undefined) {
  // Anew each time: an archive may have come, and a journal may have been put back.
  thread.on("message", (question: Question) => {
    const { id } = question;
    try {
      const history = openHistory(path);
      try {
        thread.postMessage({ id, value: answerTo(history, question) } satisfies Answer);
      } finally {
        history.close();
      }
    } catch (error) {
      thread.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  });
}
