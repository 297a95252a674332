import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { AnswerOf, Operation } from "./answer-schema.ts";
import type { ResellerCredentials } from "./calls.ts";
import { createSeqrClient, type Principal, type SeqrClientSettings } from "./client.ts";
import { outcomeOfCode } from "./truth.ts";

export interface SeqrTerminalSettings extends SeqrClientSettings {
  readonly reseller: ResellerCredentials;
}

/** Setting up the payment terminals of a kiosk; each position has one of its own. Nothing throws. */
export interface SeqrTerminals {
  /** Repeating it makes another terminal. The name is shown in the customer's phone. */
  register(terminal: {
    readonly externalTerminalId: string;
    readonly password: string;
    readonly name: string;
  }): Promise<Outcome<{ readonly terminalId: string }>>;
  /** Ties a printed code to the terminal; the id is alphanumeric and unique over all of SEQR. */
  assign(terminal: {
    readonly terminalId: string;
    readonly password: string;
    readonly seqrId: string;
  }): Promise<Outcome<null>>;
  unregister(terminal: { readonly terminalId: string; readonly password: string }): Promise<Outcome<null>>;
  close(): void;
}

/** The service accepts a shorter one at registration and refuses it in every later call (code 21). */
const PASSWORD_MIN_LENGTH = 4;

/** Rejects only when endpoint or authority are not acceptable or the interface description cannot be read. */
export async function createSeqrTerminals(settings: SeqrTerminalSettings): Promise<SeqrTerminals> {
  const client = await createSeqrClient(settings);
  const { reseller } = settings;
  const merchant: Principal = { ...reseller, type: "RESELLERUSER" };

  async function call<K extends Operation>(
    operation: K,
    principal: Principal,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Outcome<AnswerOf<K>>> {
    const reference = `${operation}-${Date.now().toString(36)}`;
    const reply = await client.call(operation, principal, reference, parameters);
    if (reply.kind === "unknown") return reply;
    return reply.result.treatment === "success" ? done(reply.body) : outcomeOfCode(reply.result);
  }

  async function plain(operation: Operation, principal: Principal, parameters: Readonly<Record<string, unknown>>) {
    const outcome = await call(operation, principal, parameters);
    return outcome.kind === "done" ? done(null) : outcome;
  }

  return {
    async register({ externalTerminalId, password, name }) {
      if (password.length < PASSWORD_MIN_LENGTH) {
        const detail = `a terminal's password needs at least ${PASSWORD_MIN_LENGTH} characters`;
        return { kind: "declined", reason: "refused", detail };
      }
      const outcome = await call("registerTerminal", merchant, { externalTerminalId, password, name });
      if (outcome.kind !== "done") return outcome;
      const { terminalId } = outcome.value;
      return terminalId === undefined
        ? unknown("registerTerminal: answer without a terminal id")
        : done({ terminalId });
    },
    assign: ({ terminalId, password, seqrId }) =>
      plain("assignSeqrId", terminal({ id: terminalId, password }), { seqrId }),
    unregister: ({ terminalId, password }) => plain("unregisterTerminal", terminal({ id: terminalId, password }), {}),
    close: () => client.close(),
  };
}

function terminal(credentials: { readonly id: string; readonly password: string }): Principal {
  return { ...credentials, type: "TERMINALID" };
}
