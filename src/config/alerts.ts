import { z } from "zod";
import { FAULT_CODES, type FaultCode } from "../core/faults.ts";
import { about, address, duration, secretFile } from "./fields.ts";

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const time = z.string().regex(TIME).meta({ form: "time of day, `22:00`" });
const mailbox = z.email().max(254).meta({ form: "e-mail address" });
const web = address(/^https?$/).meta({
  form: "`https://HOST/PATH`; `http://` to this machine only, where a token is sent",
});

const webhook = z
  .strictObject({
    url: web.meta(about("Where each message is posted as JSON.", "https://example.com/hooks/kiosk")),
    tokenFile: secretFile
      .optional()
      .meta(
        about("What stands in the header Authorization, behind Bearer. Without it there is none.", "secrets/webhook"),
      ),
  })
  .meta({ description: "Messages to a program of your own." });

const ntfy = z
  .strictObject({
    url: web
      .refine((url) => URL.canParse(url) && /^\/[A-Za-z0-9_-]{1,64}$/.test(new URL(url).pathname), {
        message: "expected the server and a topic behind it, such as https://ntfy.sh/my-kiosks-6f2a",
      })
      .meta(
        about(
          "The server and the topic. On ntfy.sh whoever knows the topic reads along: take one that nobody guesses.",
          "https://ntfy.sh/my-kiosks-6f2a",
        ),
      ),
    tokenFile: secretFile.optional().meta(about("The access token, where the topic is reserved.", "secrets/ntfy")),
  })
  .meta({ description: "Messages to the ntfy app on a phone." });

const telegram = z
  .strictObject({
    chat: z
      .string()
      .regex(/^(-?\d{1,20}|@\w{5,32})$/)
      .meta({
        form: "number of the chat in quotes, or `@channel`",
        ...about("Who gets them: the chat's number, which the bot's getUpdates shows.", "123456789"),
      }),
    tokenFile: secretFile.meta(about("The bot's token, as BotFather gave it.", "secrets/telegram")),
    url: web
      .default("https://api.telegram.org")
      .meta(about("The server of the Bot API; another one only if you run it yourself.", "http://127.0.0.1:8081")),
  })
  .meta({ description: "Messages by a bot of Telegram." });

const email = z
  .strictObject({
    host: z.string().min(1).max(253).meta(about("The server that takes mail.", "smtp.example.com")),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .default(587)
      .meta(about("The port of that server; usually 587, or 465 with tls.", 465)),
    security: z
      .enum(["starttls", "tls", "none"])
      .default("starttls")
      .meta(
        about(
          "starttls begins in clear and must become encrypted, tls is so from the start (port 465), none stays in clear and is for this machine only.",
          "tls",
        ),
      ),
    username: z.string().min(1).max(254).optional().meta(about("The account at the server.", "kiosk@example.com")),
    passwordFile: secretFile.optional().meta(about("The password of username.", "secrets/smtp")),
    from: mailbox.meta(about("The sender.", "kiosk@example.com")),
    to: z
      .array(mailbox)
      .min(1)
      .max(8)
      .meta(about("Who gets them, up to eight.", ["owner@example.com"])),
  })
  .meta({ description: "Messages by e-mail." });

const quiet = z
  .strictObject({
    from: time.meta(about("When it begins, in kiosk.timezone.", "22:00")),
    to: time.meta(about("When it ends; what waited is sent then.", "07:00")),
    keeps: z
      .enum(["warnings", "everything"])
      .default("warnings")
      .meta(about("Whether what keeps the kiosk from selling comes through.", "everything")),
  })
  .meta({ description: "Hours in which a phone stays silent." });

/** What an operator does himself, or what is over in minutes. */
const LEFT_OUT: readonly FaultCode[] = ["operator-block", "update-waits"];

export const alerts = z
  .strictObject({
    webhook: webhook.optional(),
    ntfy: ntfy.optional(),
    telegram: telegram.optional(),
    email: email.optional(),
    after: duration("0s", "1h")
      .prefault("1m")
      .meta(about("How long something must be wrong, or be well again, before it is told.", "5m")),
    repeat: duration("10m", "7d").prefault("6h").meta(about("After how long it is told again while it lasts.", "1d")),
    leaveOut: z
      .array(z.enum(FAULT_CODES))
      .default([...LEFT_OUT])
      .meta({
        form: "list of faults by their codes",
        ...about("Faults that are told to nobody.", ["operator-block", "display-silent"]),
      }),
    noSale: duration("1h", "90d")
      .optional()
      .meta(about("Tells when nothing was sold for so long. Without it that is not told.", "2d")),
    quiet: quiet.optional(),
    heartbeat: web
      .optional()
      .meta(
        about(
          "An address that is fetched every five minutes, at a service that calls you when it is not: a machine without power or network tells nothing itself.",
          "https://hc-ping.com/0f0e1c5e-0000-4000-8000-000000000000",
        ),
      ),
  })
  .refine(
    ({ webhook: a, ntfy: b, telegram: c, email: d, heartbeat: e }) => [a, b, c, d, e].some((way) => way !== undefined),
    {
      message: "expected at least one of webhook, ntfy, telegram, email and heartbeat",
    },
  )
  .meta({ description: "Messages to a person when something is wrong, and when it is over." });
