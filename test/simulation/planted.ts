import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import type { Mutant } from "./mutants.ts";
import type { SimulatedLife } from "./simulate.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ENTRY = join(import.meta.dirname, "simulate.ts");

/** Why a mistake cannot be planted, or null: the place for it must be there, and be the only one. */
export async function misfit({ file, right }: Mutant): Promise<string | null> {
  const source = await readFile(join(ROOT, "src", file), "utf8");
  const times = source.split(right).length - 1;
  return times === 1 ? null : `src/${file} holds ${times} times: ${right}`;
}

/** The simulation with the mistake in it, as a build of its own; the sources stay as they are. */
export async function planted(mutant: Mutant): Promise<(seed: number) => Promise<SimulatedLife>> {
  const reason = await misfit(mutant);
  if (reason !== null) throw new Error(`"${mutant.name}" cannot be planted: ${reason}`);
  const folder = await mkdtemp(join(tmpdir(), "kioskd-mutant-"));
  try {
    const target = join(ROOT, "src", mutant.file);
    await build({
      configFile: false,
      root: ROOT,
      logLevel: "error",
      plugins: [
        {
          name: "plant",
          enforce: "pre",
          transform: (code, id) => (id === target ? code.replace(mutant.right, () => mutant.wrong) : null),
        },
      ],
      build: {
        ssr: ENTRY,
        outDir: folder,
        minify: false,
        rollupOptions: { output: { entryFileNames: "simulate.mjs" } },
      },
    });
    const built = (await import(pathToFileURL(join(folder, "simulate.mjs")).href)) as typeof import("./simulate.ts");
    return built.simulate;
  } finally {
    await rm(folder, { recursive: true });
  }
}
