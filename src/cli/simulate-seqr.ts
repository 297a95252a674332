import { hostAndPort } from "../config/fields.ts";
import { startSeqrSimulator } from "../payments/seqr/simulator/server.ts";
import { UsageError } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import { toldToEnd } from "./ending.ts";

export async function simulateSeqr(options: { listen: string }): Promise<void> {
  const address = hostAndPort.safeParse(options.listen);
  if (!address.success)
    throw new UsageError(`--listen: expected HOST:PORT, such as 127.0.0.1:8081, not "${options.listen}"`);
  const ending = toldToEnd();
  const simulator = await startSeqrSimulator(address.data);
  print(told`SEQR simulator\n  endpoint  ${simulator.endpoint}\n  phone     ${simulator.phoneUrl}`);
  print(told`  terminal  demo-terminal / 12345678\n  reseller  demo-shop / user 9900 / 1234`);
  await ending;
  await simulator.close();
}
