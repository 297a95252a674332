import { spawn } from "node:child_process";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { Figures } from "./figures.ts";
import { CHIP } from "./lines.ts";

/** Runs the checks that every backend of GPIO must pass, here on lines of the kernel's, and tells of each. */
export async function gpioContract(backend: "sysfs" | "libgpiod"): Promise<void> {
  const figures = new Figures();
  const program = join(import.meta.dirname, `../gpio-contract${extname(import.meta.filename)}`);
  const { stdout } = spawn(process.execPath, [...process.execArgv, program, backend, CHIP], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let checks = 0;
  for await (const line of createInterface({ input: stdout })) {
    process.stderr.write(`${line}\n`);
    const [, verdict, name = ""] = /^(ok|FAIL) +(.+?)(?: \(\d+ ms\))?$/.exec(line) ?? [];
    if (verdict === undefined) continue;
    checks++;
    figures.require(name, verdict === "ok" ? "held" : "did not hold", "held");
  }
  figures.require("checks were made", checks, "some", checks > 0);
  figures.end();
}
