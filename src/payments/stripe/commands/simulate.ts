import { hostAndPort } from "../../../config/fields.ts";
import { UsageError } from "../../../platform/console/failure.ts";
import { print, told } from "../../../platform/console/print.ts";
import type { StripeKit } from "../config.ts";
import { DEMO_KEY, startStripeSimulator } from "../simulator/server.ts";

export async function simulateStripe(options: { listen: string }, kit: StripeKit): Promise<void> {
  const address = hostAndPort.safeParse(options.listen);
  if (!address.success)
    throw new UsageError(`--listen: expected HOST:PORT, such as 127.0.0.1:8082, not "${options.listen}"`);
  const ending = kit.toldToEnd();
  const simulator = await startStripeSimulator(address.data);
  print(told`Stripe simulator\n  endpoint  ${simulator.endpoint}\n  phone     ${simulator.phoneUrl}`);
  print(told`  account   ${DEMO_KEY.account}\n  key       ${DEMO_KEY.key}`);
  await ending;
  await simulator.close();
}
