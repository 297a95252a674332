import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Act } from "../../core/operator/acts.ts";
import { originOf } from "../../platform/http/address.ts";
import { parseBody, refuse } from "../../platform/http/bodies.ts";
import { BusyError, hashOf, isPassword, PASSWORD_MAX, PASSWORD_MIN } from "../account/passwords.ts";
import { USER_NAME, type User } from "../account/users.ts";
import type { Context } from "../context.ts";
import { setCookie } from "../guard.ts";

const name = z.string().regex(USER_NAME, "expected a user's name: small letters, digits, dots and hyphens");
const password = z
  .string()
  .min(PASSWORD_MIN, `expected at least ${PASSWORD_MIN} characters`)
  .max(PASSWORD_MAX, `expected at most ${PASSWORD_MAX} characters`);
const signInBody = z.strictObject({ user: name, password: z.string().max(PASSWORD_MAX) });
const passwordBody = z.strictObject({ code: z.string().min(1).max(64), password });

/** For whoever is not signed in yet. */
export function addAccount(app: FastifyInstance, context: Context): void {
  const { users, code, clock, log } = context;
  app.post("/api/sign-in", async (request, reply) => {
    const body = parseBody(signInBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    return await guessing(context, request, reply, async (right) => {
      const user = users.named(body.value.user);
      if (!(await isPassword(body.value.password, user)) || user === null) {
        log.warn({ from: request.ip }, "A wrong password for the operator's page.");
        return refuse(reply, 401, "wrong name or password");
      }
      right();
      return await begin(context, reply, user, "signed-in");
    });
  });
  app.post("/api/password", async (request, reply) => {
    const body = parseBody(passwordBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    return await guessing(context, request, reply, async (right) => {
      // Before the code is used up: this may have to wait its turn.
      const hash = await hashOf(body.value.password);
      const invited = code.take(body.value.code, clock.wallMs());
      if (invited === null) {
        log.warn({ from: request.ip }, "A wrong one-time code for the operator's page.");
        return refuse(reply, 401, "this code is wrong, used or too old: make a new one by kioskd operator code");
      }
      right();
      const user: User = { name: invited.user, role: invited.role, ...hash };
      users.put(user);
      context.sessions.endAllOf(user.name);
      return await begin(context, reply, user, "password-set");
    });
  });
}

/** Each try counts as wrong until it was right: many at once are no way around. */
async function guessing(
  { guesses, clock }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (right: () => void) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const { waitMs, right } = guesses.tryAt(originOf(request.raw.socket.remoteAddress ?? ""), clock.monotonicMs());
  if (waitMs > 0) {
    const waitS = Math.ceil(waitMs / 1_000);
    return refuse(reply.header("retry-after", String(waitS)), 429, `too many wrong tries: wait ${waitS} seconds`);
  }
  try {
    return await work(right);
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    right();
    return refuse(reply.header("retry-after", "2"), 503, error.message);
  }
}

async function begin(
  context: Context,
  reply: FastifyReply,
  user: User,
  act: Extract<Act["act"], "signed-in" | "password-set">,
): Promise<FastifyReply> {
  const { sessions, clock, isTls } = context;
  const { token, session } = sessions.begin(user.name, user.hash, clock.monotonicMs());
  setCookie(reply, token, isTls);
  await noteIfPossible(context, user, act);
  return reply.send(accountOf(context, user, session.csrf));
}

/** A journal that cannot be written keeps nobody from looking why. */
async function noteIfPossible({ kiosk, log }: Context, { name, role }: User, act: Act["act"]): Promise<void> {
  try {
    await kiosk.note({ by: name, act, position: null, detail: role });
  } catch (error) {
    log.error({ by: name, act, error: String(error) }, "what an operator did could not be noted");
  }
}

function accountOf({ kiosk }: Context, { name, role }: User, csrf: string): object {
  const { positions, ...about } = kiosk.about;
  return { user: name, role, csrf, kiosk: about };
}

export function addOwnAccount(app: FastifyInstance, context: Context): void {
  const { sessions, whoOf, isTls } = context;
  app.get("/api/account", (request) => {
    const { user, session } = whoOf(request);
    return accountOf(context, user, session.csrf);
  });
  app.post("/api/sign-out", async (request, reply) => {
    const { user, token } = whoOf(request);
    sessions.end(token);
    setCookie(reply, null, isTls);
    await noteIfPossible(context, user, "signed-out");
    return reply.code(204).send();
  });
}
