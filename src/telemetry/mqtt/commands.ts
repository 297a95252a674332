import type { Command, CommandName, CommandRefusal, CommandReply } from "../../core/operator/messages.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { OrderAnswer } from "../../ports/operator.ts";
import type { Message, Session } from "../broker-session.ts";
import type { KioskTopics } from "./addresses.ts";
import { isWireName, parseCommand } from "./command-schema.ts";
import { Recent } from "./recent.ts";

/** What became of each command; a name that is no command's comes as `unknown`. */
export type OnCommand = (name: CommandName | "unknown", result: "ok" | CommandRefusal) => void;
export type TakeOrder = (command: Command) => Promise<OrderAnswer>;

const IN_WORK_MAX = 8;
const ANSWERS_UNDER_WAY_MAX = 32;
const CORRELATION_MAX_BYTES = 256;
const NAME_MAX = 64;

type Refused = Extract<OrderAnswer, { kind: "refused" }>;
type Judged =
  | { readonly kind: "command"; readonly command: Command }
  | (Refused & { readonly id: string | null; readonly name: CommandName | "unknown" });

/** Takes what operators send, refuses what is not to be carried out, and answers. */
export class Commands {
  readonly #topics: KioskTopics;
  readonly #log: Log;
  readonly #onCommand: OnCommand;
  readonly #recent: Recent;
  #take: TakeOrder | null = null;
  #session: Session | null = null;
  #inWork = 0;
  #answersUnderWay = 0;

  constructor(topics: KioskTopics, clock: Clock, log: Log, onCommand: OnCommand) {
    this.#topics = topics;
    this.#log = log;
    this.#onCommand = onCommand;
    this.#recent = new Recent(clock);
  }

  takenBy(take: TakeOrder): void {
    this.#take = take;
  }

  connected(session: Session): void {
    this.#session = session;
  }

  disconnected(): void {
    this.#session = null;
  }

  arrived(message: Message): void {
    const judged = this.#judge(message);
    if (judged.kind === "refused") {
      const { refusal, detail, id, name } = judged;
      this.#onCommand(name, refusal);
      this.#answer(message, { id, ok: false, refusal, detail });
      return;
    }
    void this.#carryOut(judged.command, message);
  }

  async #carryOut(command: Command, message: Message): Promise<void> {
    const { name, body } = command;
    const id = body.id ?? null;
    this.#inWork += 1;
    const answer = (await this.#take?.(command)) ?? refused("conflict", "the kiosk is not ready for orders yet");
    this.#inWork -= 1;
    this.#onCommand(name, answer.kind === "done" ? "ok" : answer.refusal);
    if (answer.kind === "done") this.#answer(message, { id, ok: true });
    else this.#answer(message, { id, ok: false, refusal: answer.refusal, detail: answer.detail });
  }

  #judge(message: Message): Judged {
    const wireName = this.#topics.commandOn(message.topic);
    if (!isWireName(wireName)) {
      return { ...refused("unknown-command", "there is no such command"), id: null, name: "unknown" };
    }
    const name = wireName === "set-block" ? "block" : wireName;
    const sent = problemOf(message) ?? this.#addressProblem(wireName, message);
    if (sent !== null) return { ...sent, id: null, name };
    const parsed = parseCommand(wireName, message.payload);
    if (parsed.kind === "malformed") return { ...refused("malformed", parsed.detail), id: parsed.id, name };
    const { command } = parsed;
    const late = this.#repetition(command, message) ?? this.#crowd();
    if (late !== null) return { ...late, id: command.body.id ?? null, name: command.name };
    const key = keyOf(command, message);
    if (key !== null) this.#recent.add(key);
    return { kind: "command", command };
  }

  #addressProblem(wireName: string, { responseTopic, correlation }: Message): Refused | null {
    if (responseTopic !== null && !this.#topics.mayAnswer(wireName, responseTopic)) {
      return refused("malformed", `response topic: answers go ${this.#topics.answerPlaces}`);
    }
    if ((correlation?.length ?? 0) > CORRELATION_MAX_BYTES) {
      return refused("malformed", `correlation data: longer than ${CORRELATION_MAX_BYTES} bytes`);
    }
    return null;
  }

  #repetition(command: Command, message: Message): Refused | null {
    const key = keyOf(command, message);
    if (key === null || !this.#recent.has(key)) return null;
    return refused("repeated", "a command with this id or correlation data has come before");
  }

  #crowd(): Refused | null {
    return this.#inWork < IN_WORK_MAX ? null : refused("conflict", `${IN_WORK_MAX} commands are in work`);
  }

  #answer(message: Message, answer: ReplyPart): void {
    const command = this.#topics.commandOn(message.topic);
    const topic = this.#answerTopic(command, message);
    const session = this.#session;
    if (session === null || topic === null || this.#answersUnderWay >= ANSWERS_UNDER_WAY_MAX) return;
    const reply: CommandReply = { command, ...answer };
    const properties = correlationOf(message);
    this.#answersUnderWay += 1;
    void session
      .publish(topic, JSON.stringify(reply), {
        retain: false,
        isUrgent: true,
        ...(properties === null ? {} : { properties }),
      })
      .then((acknowledgement) => {
        this.#answersUnderWay -= 1;
        if (acknowledgement.kind !== "refused") return;
        this.#log.warn({ topic, detail: acknowledgement.detail }, "the broker refused an answer");
      });
  }

  /** Null when nobody is to be answered: a retained message was sent to whoever comes, not to us. */
  #answerTopic(command: string, { responseTopic, retain }: Message): string | null {
    if (responseTopic !== null && this.#topics.mayAnswer(command, responseTopic)) return responseTopic;
    return retain || command.length > NAME_MAX ? null : this.#topics.reply(command);
  }
}

type ReplyPart = { readonly id: string | null } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: CommandRefusal; readonly detail: string }
);

function problemOf({ retain, tooLarge, expiryS }: Message): Refused | null {
  if (retain) return refused("retained", "a command must not be retained");
  if (tooLarge) return refused("too-large", "the payload is too large");
  return expiryS === 0 ? refused("expired", "its lifetime was over") : null;
}

/** What makes a command the same as another; null when nothing does. */
function keyOf({ body }: Command, { responseTopic, correlation }: Message): string | null {
  if (body.id !== undefined) return `id ${body.id}`;
  return correlation === null ? null : `at ${responseTopic ?? ""} ${Buffer.from(correlation).toString("hex")}`;
}

function correlationOf({ correlation }: Message): { readonly correlationData: Buffer } | null {
  if (correlation === null || correlation.length > CORRELATION_MAX_BYTES) return null;
  return { correlationData: Buffer.from(correlation) };
}

function refused(refusal: CommandRefusal, detail: string): Refused {
  return { kind: "refused", refusal, detail };
}
