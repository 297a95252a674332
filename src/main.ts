#!/usr/bin/env -S node --max-semi-space-size=1 --optimize-for-size --no-sparkplug
// Memory before speed: little runs often enough here to be worth compiling for. See docs/decisions/bundle.md.
import "./cli/no-debugger.ts";
import { bearClosedOutputs, bearLostTerminal, endOfOutput } from "./cli/ending.ts";
import { runCli } from "./cli/program.ts";
import { startDaemon } from "./wiring/daemon.ts";

bearClosedOutputs();
bearLostTerminal();
const exitCode = await runCli(process.argv, startDaemon);
process.exit(await endOfOutput(exitCode));
