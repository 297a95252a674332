import { createTransport } from "nodemailer";
import { declined, done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { Sender } from "../notice.ts";

const TIMEOUT_MS = 30_000;

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
}

/** A connection for each message: there are few, and one that is kept is one that can be broken. */
export function email(settings: EmailSettings): Sender {
  const { host, port, security, username, password, from, to } = settings;
  const transport = createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(username === null || password === null ? {} : { auth: { user: username, pass: password } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: "email",
    send: async ({ title, text, severity }) => {
      try {
        await transport.sendMail({
          from,
          to: [...to],
          subject: title,
          text,
          priority: severity === "blocking" ? "high" : "normal",
        });
        return done(null);
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

/** A server's 5xx is its answer to this message and this account; all else may be otherwise the next time. */
function refusalOf(error: unknown): Outcome<null> {
  if (!(error instanceof Error)) return unknown(String(error));
  const code = "responseCode" in error ? Number(error.responseCode) : 0;
  return code >= 500 ? declined("rejected", error.message) : unknown(error.message);
}
