import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Below the checkout, so that its packages are found. */
const FOLDER = join(ROOT, ".tmp/unbundled");

/** The daemon as the compiler alone makes it: a file for each file, and the packages as npm placed them. */
export function buildUnbundled(): string {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const dist = join(FOLDER, "dist");
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", dist], { cwd: ROOT, stdio: "inherit" });
  for (const { name } of readdirSync(join(ROOT, "dist"), { withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  )) {
    if (name !== "node_modules") cpSync(join(ROOT, "dist", name), join(dist, name), { recursive: true });
  }
  cpSync(join(ROOT, "package.json"), join(FOLDER, "package.json"));
  return join(dist, "main.js");
}
