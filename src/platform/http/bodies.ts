import type { FastifyInstance, FastifyReply } from "fastify";
import type { z } from "zod";

export function refuse(reply: FastifyReply, status: number, reason: string): FastifyReply {
  return reply.code(status).send({ error: reason });
}

/** Only JSON is read: a form of another site can post text and form data unasked, but not this type. */
export function readOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    const parsed = parseJson(String(body));
    if (parsed.ok) done(null, parsed.value);
    else done(Object.assign(new Error("body: expected JSON"), { statusCode: 400 }));
  });
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Reads a body by its schema; the reason names the field and what was expected there. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, reason: result.error.issues.map((issue) => describe(issue, body)).join("; ") };
}

function describe(issue: z.core.$ZodIssue, body: unknown): string {
  if (issue.code === "unrecognized_keys") return `${issue.keys.join(", ")}: unknown key`;
  if (issue.path.length === 0) return "body: expected a JSON object";
  const field = issue.path.join(".");
  const missing = !(typeof body === "object" && body !== null && field in body);
  return missing ? `${field}: missing, ${issue.message}` : `${field}: ${issue.message}`;
}
