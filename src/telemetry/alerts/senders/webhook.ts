import { isoTime } from "../../../core/time.ts";
import type { Sender } from "../notice.ts";
import { postJson } from "./post.ts";

/** A program of the owner's: `{ kiosk, title, text, severity, notices }`, times as ISO 8601 in UTC. */
export function webhook({ url, token }: { readonly url: string; readonly token: string | null }): Sender {
  return {
    name: "webhook",
    send: ({ notices, ...message }) => {
      const told = notices.map(({ sinceMs, atMs, ...notice }) => ({
        ...notice,
        since: isoTime(sinceMs),
        at: isoTime(atMs),
      }));
      return postJson(url, { ...message, notices: told }, token);
    },
  };
}
