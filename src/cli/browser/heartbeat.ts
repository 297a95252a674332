import { z } from "zod";

/** `ageMs` is null when the daemon has heard no page since its own start. */
export type Heartbeat =
  | { readonly kind: "answer"; readonly ageMs: number | null }
  | { readonly kind: "no-answer"; readonly detail: string };

const ANSWER_TIMEOUT_MS = 2_000;
const answer = z.object({ heartbeatAgeMs: z.number().nullable() });

/** Asks the daemon whether the page in the browser is alive. Never throws. */
export async function askHeartbeat(url: string, token: string | null): Promise<Heartbeat> {
  try {
    const response = await fetch(`${url}/api/display`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (!response.ok) return noAnswer(`it answers ${response.status}`);
    const { heartbeatAgeMs } = answer.parse(await response.json());
    return { kind: "answer", ageMs: heartbeatAgeMs };
  } catch (error) {
    return noAnswer(error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error));
  }
}

function noAnswer(detail: string): Heartbeat {
  return { kind: "no-answer", detail };
}
