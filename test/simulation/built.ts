import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "vite";
import type { Mutant } from "./mutants.ts";
import type * as Simulation from "./simulate.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ENTRY = join(import.meta.dirname, "simulate.ts");

/** Why a mistake cannot be planted, or null: the place for it must be there, and be the only one. */
export async function misfit({ file, right }: Mutant): Promise<string | null> {
  const source = await readFile(join(ROOT, "src", file), "utf8");
  const times = source.split(right).length - 1;
  return times === 1 ? null : `src/${file} holds ${times} times: ${right}`;
}

/**
 * The simulation as a build of its own, which is a quarter faster than its sources loaded one by one; with a mistake
 * planted in it, if one is given. The sources stay as they are.
 */
export async function built(mutant: Mutant | null): Promise<typeof Simulation.simulate> {
  const reason = mutant === null ? null : await misfit(mutant);
  if (reason !== null) throw new Error(`"${mutant?.name}" cannot be planted: ${reason}`);
  const folder = await mkdtemp(join(tmpdir(), "kioskd-simulation-"));
  try {
    await build({
      configFile: false,
      root: ROOT,
      logLevel: "error",
      plugins: mutant === null ? [] : [planting(mutant)],
      build: {
        ssr: ENTRY,
        outDir: folder,
        minify: false,
        rollupOptions: { output: { entryFileNames: "simulate.mjs" } },
      },
    });
    const { simulate } = (await import(pathToFileURL(join(folder, "simulate.mjs")).href)) as typeof Simulation;
    return simulate;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function planting({ file, right, wrong }: Mutant): Plugin {
  const target = join(ROOT, "src", file);
  return {
    name: "plant",
    enforce: "pre",
    transform: (code, id) => (id === target ? code.replace(right, () => wrong) : null),
  };
}
