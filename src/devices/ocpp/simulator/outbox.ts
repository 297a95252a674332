import { decodeFrame, encodeFrame } from "../frame.ts";
import type { SimulatedTime, SimulatedWire } from "./time.ts";

interface Message {
  readonly action: string;
  readonly payload: object;
  readonly onAnswer: (payload: unknown) => void;
  attempts: number;
}

/** Messages about transactions are kept until they are answered; all else is sent once, or not at all. */
const KEPT: readonly string[] = ["StartTransaction", "StopTransaction"];
const ANSWER_MS = 30_000;
const RETRY_MS = 10_000;
const MOST_KEPT = 200;

/** What a charger says: one message at a time, in order, those about transactions again and again. */
export class Outbox {
  readonly #time: SimulatedTime;
  #wire: SimulatedWire | null = null;
  #queue: Message[] = [];
  #running: { readonly id: string; readonly message: Message; readonly cancel: () => void } | null = null;
  #cancelRetry: () => void = () => {};
  #number = 0;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  get isUp(): boolean {
    return this.#wire !== null;
  }

  /** How many messages about transactions wait. */
  get kept(): number {
    const running = this.#running === null ? [] : [this.#running.message];
    return [...running, ...this.#queue].filter(({ action }) => KEPT.includes(action)).length;
  }

  use(wire: SimulatedWire | null): void {
    const running = this.#running;
    this.#wire = wire;
    this.#running = null;
    running?.cancel();
    this.#cancelRetry();
    const lost = running === null ? [] : [running.message];
    this.#queue = [...lost, ...this.#queue].filter(({ action }) => KEPT.includes(action));
  }

  /** A message that goes before all others: who it is. */
  first(action: string, payload: object, onAnswer: (payload: unknown) => void = () => {}): void {
    this.#queue.unshift({ action, payload, onAnswer, attempts: 0 });
    this.next();
  }

  say(action: string, payload: object, onAnswer: (payload: unknown) => void = () => {}): void {
    if (this.#wire === null && !KEPT.includes(action)) return;
    if (this.#queue.length >= MOST_KEPT) return;
    this.#queue.push({ action, payload, onAnswer, attempts: 0 });
    this.next();
  }

  answered(text: string): void {
    const frame = decodeFrame(text);
    const running = this.#running;
    if (frame === undefined || frame.kind === "call" || running === null || frame.id !== running.id) return;
    running.cancel();
    this.#running = null;
    if (frame.kind === "result") running.message.onAnswer(frame.payload);
    else this.#again(running.message);
    this.next();
  }

  next(): void {
    if (this.#wire === null || this.#running !== null) return;
    const message = this.#queue.shift();
    if (message === undefined) return;
    this.#number += 1;
    const id = `m-${this.#number}`;
    const cancel = this.#time.after(ANSWER_MS, () => {
      this.#running = null;
      this.#again(message);
      this.next();
    });
    this.#running = { id, message, cancel };
    message.attempts += 1;
    this.#wire.send(encodeFrame({ kind: "call", id, action: message.action, payload: message.payload }));
  }

  #again(message: Message): void {
    if (!KEPT.includes(message.action)) return;
    this.#cancelRetry = this.#time.after(RETRY_MS * message.attempts, () => {
      this.#queue.unshift(message);
      this.next();
    });
  }
}
