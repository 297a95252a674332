import { z } from "zod";
import { CliError } from "../../platform/console/failure.ts";
import type { PaymentSimulator, SimulatorPlace } from "../../ports/payment-plug-in.ts";
import { DEMO_TERMINAL, startSeqrSimulator } from "./simulator/server.ts";

const auditAnswer = z.object({
  bills: z.array(
    z.object({ invoiceReference: z.string(), status: z.string(), committedMinor: z.number(), commits: z.number() }),
  ),
});

/** The simulator as a demo uses it. Rejects when the port is taken. */
export async function startSimulator(place: SimulatorPlace): Promise<PaymentSimulator> {
  const { endpoint, phoneUrl, close } = await startSeqrSimulator(place);
  return {
    phoneUrl,
    currency: "SEK",
    configuration: (secret) => ({
      section: { endpoint },
      position: { terminal: { id: DEMO_TERMINAL.id, passwordFile: secret("terminal-1", DEMO_TERMINAL.password) } },
    }),
    async confirm(code) {
      const url = new URL("/phone/api/confirm", endpoint);
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ invoiceReference: billOf(code) });
      const answer = await fetch(url, { method: "POST", headers, body });
      if (!answer.ok) throw new CliError(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    },
    async booked(code) {
      const { bills } = auditAnswer.parse(await (await fetch(new URL("/audit", endpoint))).json());
      const bill = bills.find(({ invoiceReference }) => invoiceReference === billOf(code));
      return bill === undefined ? null : { ...bill, isPaid: bill.status === "PAID" };
    },
    close,
  };
}

/** A code ends with the number of its bill. */
function billOf(code: string): string {
  return /\d+$/.exec(code)?.[0] ?? "";
}
