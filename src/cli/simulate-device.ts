import { hostAndPort } from "../config/fields.ts";
import type { Simulator } from "../devices/bench/device.ts";
import { startBench } from "../devices/bench/server.ts";
import { CliError, reasonText, UsageError } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import { portProblem } from "../platform/serial/device.ts";
import { startDevice } from "./benches.ts";
import { toldToEnd } from "./ending.ts";

/** A device at the end of a serial port, and a page to do things to it. */
export async function simulateDevice(simulator: Simulator, options: { port: string; listen: string }): Promise<void> {
  const address = hostAndPort.safeParse(options.listen);
  if (!address.success)
    throw new UsageError(`--listen: expected HOST:PORT, such as 127.0.0.1:8082, not "${options.listen}"`);
  const ending = toldToEnd();
  const device = await startDevice(simulator, options.port).catch((error: unknown) => {
    throw new CliError(`${options.port}: ${portProblem(options.port, new Error(reasonText(error)))}`);
  });
  const bench = await startBench(address.data, { [simulator.name]: device });
  print(told`Simulating ${simulator.what}\n  port   ${options.port}\n  bench  ${bench.url}`);
  await ending;
  await bench.close();
  await device.close();
}
