import type { BenchDevice } from "../devices/bench/device.ts";
import { startBench } from "../devices/bench/server.ts";
import { CliError, reasonText, UsageError } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import { portProblem } from "../platform/serial/device.ts";
import { type AnySimulator, isOnLine, startDevice } from "./benches.ts";
import { listenAddress } from "./demo-address.ts";
import { toldToEnd } from "./ending.ts";

interface Options {
  readonly port?: string;
  readonly url?: string;
  readonly listen: string;
}

/** A device at the end of a serial port or of a network, and a page to do things to it. */
export async function simulateDevice(simulator: AnySimulator, options: Options): Promise<void> {
  const address = listenAddress(options);
  const ending = toldToEnd();
  const { device, where } = await started(simulator, options);
  const bench = await startBench(address, { [simulator.name]: device });
  print(told`Simulating ${simulator.what}\n  ${where}\n  bench  ${bench.url}`);
  await ending;
  await bench.close();
  await device.close();
}

async function started(
  simulator: AnySimulator,
  { port = "", url = "" }: Options,
): Promise<{ readonly device: BenchDevice; readonly where: string }> {
  if (!isOnLine(simulator)) {
    const isUrl = URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol);
    if (!isUrl) throw new UsageError(`--url: expected an address such as ${simulator.usual}, not "${url}"`);
    return { device: simulator.call(url, 1), where: `calls  ${url.replace(/:[^:@/]*@/, ":***@")}` };
  }
  const device = await startDevice(simulator, port).catch((error: unknown) => {
    throw new CliError(`${port}: ${portProblem(port, new Error(reasonText(error)))}`);
  });
  return { device, where: `port   ${port}` };
}
