import { CliError } from "../../platform/console/failure.ts";
import type { PaymentSimulator, SimulatorPlace } from "../../ports/payment-plug-in.ts";
import { DEMO_UNIT, startVippsSimulator } from "./simulator/server.ts";

/** The simulator as a demo uses it. Rejects when the port is taken. */
export async function startSimulator(place: SimulatorPlace): Promise<PaymentSimulator> {
  // Of Norwegian kroner the service takes no less than one, and a demo's charger gives little.
  const currency = "DKK";
  const { origin, phoneUrl, service, close } = await startVippsSimulator({ ...place, unit: { currency } });
  const { merchantSerialNumber, clientId, clientSecret, subscriptionKey } = DEMO_UNIT;
  return {
    phoneUrl,
    currency,
    configuration: (secret) => ({
      section: {
        ...{ environment: "test", endpoint: origin, merchantSerialNumber, clientId },
        partialCapture: true,
        clientSecretFile: secret("vipps-client-secret", clientSecret),
        subscriptionKeyFile: secret("vipps-subscription-key", subscriptionKey),
      },
      position: {},
    }),
    async confirm(code) {
      const outcome = service.choose("confirm", tokenOf(code));
      if (outcome !== "done") throw new CliError(`The phone cannot confirm ${code}: ${outcome}.`);
    },
    async booked(code) {
      const payment = service.find(tokenOf(code));
      if (payment === undefined) return null;
      const { state, capturedMinor, cancelledMinor, authorisedMinor, events } = payment;
      return {
        // A rest that is still held is money that the customer misses.
        isPaid: capturedMinor > 0 && capturedMinor + cancelledMinor === authorisedMinor,
        status: state,
        committedMinor: capturedMinor,
        commits: events.filter(({ name, success }) => name === "CAPTURED" && success).length,
      };
    },
    close,
  };
}

function tokenOf(code: string): string {
  return /[?]pay=(\w+)$/.exec(code)?.[1] ?? "";
}
