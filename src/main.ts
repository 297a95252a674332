#!/usr/bin/env -S node --max-semi-space-size=1
import "./cli/no-debugger.ts";
import { bearClosedOutputs, bearLostTerminal, endOfOutput } from "./cli/ending.ts";
import { runCli } from "./cli/program.ts";
import { startDaemon } from "./wiring/daemon.ts";

bearClosedOutputs();
bearLostTerminal();
const exitCode = await runCli(process.argv, startDaemon);
process.exit(await endOfOutput(exitCode));
