import { print, told } from "../../../platform/console/print.ts";
import type { StripeKit } from "../config.ts";
import { DEMO_KEY, startStripeSimulator } from "../simulator/server.ts";

export async function simulateStripe(options: { listen: string }, kit: StripeKit): Promise<void> {
  const address = kit.listenAddress(options);
  const ending = kit.toldToEnd();
  const simulator = await startStripeSimulator(address);
  print(told`Stripe simulator\n  endpoint  ${simulator.endpoint}\n  phone     ${simulator.phoneUrl}`);
  print(told`  account   ${DEMO_KEY.account}\n  key       ${DEMO_KEY.key}`);
  await ending;
  await simulator.close();
}
