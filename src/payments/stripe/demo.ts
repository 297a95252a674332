import { z } from "zod";
import { CliError } from "../../platform/console/failure.ts";
import type { PaymentSimulator, SimulatorPlace } from "../../ports/payment-plug-in.ts";
import { DEMO_KEY, startStripeSimulator } from "./simulator/server.ts";

const auditAnswer = z.object({
  sessions: z.array(
    z.object({
      page: z.string(),
      status: z.string(),
      intentStatus: z.string().nullable(),
      committedMinor: z.number(),
      commits: z.number(),
    }),
  ),
});

/** The simulator as a demo uses it. Rejects when the port is taken. */
export async function startSimulator(place: SimulatorPlace): Promise<PaymentSimulator> {
  const { endpoint, phoneUrl, close } = await startStripeSimulator(place);
  return {
    currency: "EUR",
    phoneUrl,
    configuration: (secret) => ({
      section: {
        ...{ endpoint, account: DEMO_KEY.account, apiKeyFile: secret("stripe", DEMO_KEY.key) },
        thanksUrl: "https://example.com/thanks",
      },
      position: {},
    }),
    async confirm(code) {
      const url = new URL("/phone/api/pay", endpoint);
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ session: sessionOf(code), card: "4242424242424242" });
      const answer = await fetch(url, { method: "POST", headers, body });
      if (!answer.ok) throw new CliError(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    },
    async booked(code) {
      const { sessions } = auditAnswer.parse(await (await fetch(new URL("/audit", endpoint))).json());
      const session = sessions.find(({ page }) => page === code);
      if (session === undefined) return null;
      const status = session.intentStatus ?? session.status;
      return { ...session, status, isPaid: status === "succeeded" };
    },
    close,
  };
}

/** The address of a page has the session's id in it. */
function sessionOf(code: string): string {
  return /cs_\w+/.exec(code)?.[0] ?? "";
}
