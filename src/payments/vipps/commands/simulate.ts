import { print, told } from "../../../platform/console/print.ts";
import type { VippsKit } from "../config.ts";
import { DEMO_UNIT, startVippsSimulator } from "../simulator/server.ts";

export async function simulateVipps(
  options: { listen: string },
  kit: Pick<VippsKit, "toldToEnd" | "listenAddress">,
): Promise<void> {
  const address = kit.listenAddress(options);
  const ending = kit.toldToEnd();
  const { origin, phoneUrl, close } = await startVippsSimulator(address);
  const { merchantSerialNumber, clientId, clientSecret, subscriptionKey, currency } = DEMO_UNIT;
  print(told`Vipps MobilePay simulator\n  endpoint          ${origin}\n  phone             ${phoneUrl}`);
  print(told`  sales unit        ${merchantSerialNumber} in ${currency}\n  client id         ${clientId}`);
  print(told`  client secret     ${clientSecret}\n  subscription key  ${subscriptionKey}`);
  await ending;
  await close();
}
