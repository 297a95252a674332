import type { Sender } from "../notice.ts";
import { postJson } from "./post.ts";

/** docs.ntfy.sh/publish, "Message priority": 3 is the usual one, 5 rings through. */
const PRIORITY = { blocking: 5, warning: 3 } as const;
/** "Limitations": a longer one becomes a file. */
const MESSAGE_MAX = 3_500;

/** The ntfy app. Published as JSON to the server's root, for headers carry ASCII only. */
export function ntfy({ url, token }: { readonly url: string; readonly token: string | null }): Sender {
  const { origin, pathname } = new URL(url);
  return {
    name: "ntfy",
    send: ({ title, text, severity }) => {
      const message = text.slice(0, MESSAGE_MAX);
      return postJson(origin, { topic: pathname.slice(1), title, message, priority: PRIORITY[severity] }, token);
    },
  };
}
