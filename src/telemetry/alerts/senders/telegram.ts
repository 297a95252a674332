import type { Sender } from "../notice.ts";
import { postJson } from "./post.ts";

/** core.telegram.org/bots/api, sendMessage: 1 to 4096 characters. */
const TEXT_MAX = 4_000;

/** A bot. Its token is part of the address, which therefore stands in no log. */
export function telegram(settings: { readonly url: string; readonly chat: string; readonly token: string }): Sender {
  const { url, chat, token } = settings;
  return {
    name: "telegram",
    send: ({ title, text, severity }) =>
      postJson(`${url.replace(/\/$/, "")}/bot${token}/sendMessage`, {
        chat_id: chat,
        text: `${title}\n\n${text}`.slice(0, TEXT_MAX),
        disable_notification: severity !== "blocking",
      }),
  };
}
