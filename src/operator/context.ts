import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Observer } from "../ports/metrics.ts";
import type { OperatorKiosk } from "../ports/operator.ts";
import type { OneTimeCode } from "./account/code.ts";
import type { Guesses } from "./account/guesses.ts";
import type { Sessions } from "./account/sessions.ts";
import type { Role, Users } from "./account/users.ts";
import type { Who } from "./guard.ts";

export interface OperatorDeps {
  readonly kiosk: OperatorKiosk;
  readonly dropped: Observer["connectionDropped"];
  readonly clock: Clock;
  readonly log: Log;
}

/** What every route may use. */
export interface Context extends OperatorDeps {
  readonly isTls: boolean;
  readonly users: Users;
  readonly code: OneTimeCode;
  readonly sessions: Sessions;
  readonly guesses: Guesses;
  /** Only behind the guard of routes that ask for a session. */
  whoOf(request: FastifyRequest): Who;
  /** Refuses who may less than this. */
  only(role: Role): { readonly preHandler: (request: FastifyRequest, reply: FastifyReply) => Promise<void> };
}
