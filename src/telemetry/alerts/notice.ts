import type { FaultCode, Severity } from "../../core/faults.ts";
import type { Outcome } from "../../ports/outcome.ts";

/** What a person is told of one thing. */
export interface Notice {
  readonly what: "raised" | "lasts" | "over" | "test";
  /** Of something that is over, what it was. */
  readonly severity: Severity;
  readonly code: FaultCode | "no-sale" | "test";
  readonly position: string | null;
  /** When it began. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** One line. */
  readonly title: string;
  /** What is known of it and what to do, in a sentence or two. */
  readonly text: string;
}

/** What goes to one place at a time: several things, when the way was closed for long. */
export interface Message {
  readonly kiosk: string;
  readonly title: string;
  readonly text: string;
  readonly severity: Severity;
  readonly notices: readonly Notice[];
}

/** One way to a person. Nothing throws. */
export interface Sender {
  /** By this name logs and commands know it. */
  readonly name: string;
  send(message: Message): Promise<Outcome<null>>;
}
