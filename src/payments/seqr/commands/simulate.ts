import { print, told } from "../../../platform/console/print.ts";
import type { SeqrKit } from "../config.ts";
import { startSeqrSimulator } from "../simulator/server.ts";

export async function simulateSeqr(options: { listen: string }, kit: SeqrKit): Promise<void> {
  const address = kit.listenAddress(options);
  const ending = kit.toldToEnd();
  const simulator = await startSeqrSimulator(address);
  print(told`SEQR simulator\n  endpoint  ${simulator.endpoint}\n  phone     ${simulator.phoneUrl}`);
  print(told`  terminal  demo-terminal / 12345678\n  reseller  demo-shop / user 9900 / 1234`);
  await ending;
  await simulator.close();
}
