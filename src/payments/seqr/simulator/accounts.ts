import { createHash } from "node:crypto";
import { CODE } from "../codes.ts";

export interface ResellerAccount {
  readonly id: string;
  readonly userId: string;
  readonly password: string;
}

export interface TerminalAccount {
  readonly id: string;
  readonly password: string;
}

export interface Credentials {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly password?: string | undefined;
}

const PASSWORD_MIN_LENGTH = 4;

/** Who may call. Every answer is a result code; `success` lets the call through. */
export class Accounts {
  readonly #resellers: readonly ResellerAccount[];
  readonly #passwords = new Map<string, string>();
  /** Terminals that are gone too: their payments stay in the shop's books. */
  readonly #known = new Set<string>();
  /** By SEQR id, the terminal it belongs to. */
  readonly #seqrIds = new Map<string, string>();
  #registered = 0;

  constructor(resellers: readonly ResellerAccount[], terminals: readonly TerminalAccount[]) {
    this.#resellers = resellers;
    for (const terminal of terminals) {
      this.#passwords.set(terminal.id, terminal.password);
      this.#known.add(terminal.id);
    }
  }

  knew(terminalId: string): boolean {
    return this.#known.has(terminalId);
  }

  asTerminal(who: Credentials): number {
    if (who.type !== "TERMINALID") return CODE.unsupported;
    const password = this.#passwords.get(who.id ?? "");
    if (password === undefined) return CODE.unknownTerminal;
    if (password !== who.password) return CODE.authenticationFailed;
    return password.length < PASSWORD_MIN_LENGTH ? CODE.accessDenied : CODE.success;
  }

  asReseller(who: Credentials): number {
    if (who.type !== "RESELLERUSER") return CODE.unsupported;
    const account = this.#resellers.find(({ id, userId }) => id === who.id && userId === who.userId);
    if (account === undefined) return CODE.unknownReseller;
    return account.password === who.password ? CODE.success : CODE.authenticationFailed;
  }

  /** A password that is too short is taken here and refused later, as at the service. */
  register(externalTerminalId: string, password: string): string {
    this.#registered += 1;
    const terminalId = createHash("md5").update(`${this.#registered}/${externalTerminalId}`).digest("hex");
    this.#passwords.set(terminalId, password);
    this.#known.add(terminalId);
    return terminalId;
  }

  unregister(terminalId: string): void {
    this.#passwords.delete(terminalId);
    for (const [seqrId, owner] of this.#seqrIds) if (owner === terminalId) this.#seqrIds.delete(seqrId);
  }

  assign(terminalId: string, seqrId: string): number {
    const owner = this.#seqrIds.get(seqrId);
    if (!/^[A-Za-z0-9]+$/.test(seqrId) || (owner !== undefined && owner !== terminalId)) return CODE.invalidSeqrId;
    this.#seqrIds.set(seqrId, terminalId);
    return CODE.success;
  }
}
