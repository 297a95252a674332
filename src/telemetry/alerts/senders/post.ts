import { declined, done, type Outcome, unknown } from "../../../ports/outcome.ts";

const TIMEOUT_MS = 20_000;

interface Call {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One call whose answer is its status. Redirects are not followed: a token goes where the configuration says. */
export async function call({ url, method, headers = {}, body }: Call): Promise<Outcome<null>> {
  try {
    const answer = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return done(null);
    const detail = `${new URL(url).host} answers ${answer.status}`;
    return answer.status >= 400 && answer.status < 500 ? declined("rejected", detail) : unknown(detail);
  } catch (error) {
    return unknown(reasonOf(error));
  }
}

/** As JSON. */
export function postJson(url: string, body: unknown, token: string | null = null): Promise<Outcome<null>> {
  const authorization: Readonly<Record<string, string>> = token === null ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...authorization };
  return call({ url, method: "POST", headers, body: JSON.stringify(body) });
}

/** `fetch` keeps why to itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
