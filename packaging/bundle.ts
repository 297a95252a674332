import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

/**
 * Makes the daemon in `dist/` of the sources and of the packages it uses: few files, which start sooner and hold less
 * memory than a tree of packages. What only a compiler can make lies in `dist/node_modules`.
 */
const ROOT = join(import.meta.dirname, "..");
const SRC = join(ROOT, "src");
const DIST = join(ROOT, "dist");

/** The journal's threads are programs of their own; what several use is in files that each loads. */
const PROGRAMS: Readonly<Record<string, string>> = {
  main: join(SRC, "main.ts"),
  "journal-thread": join(SRC, "platform/journal/sqlite/thread.ts"),
  "history-thread": join(SRC, "platform/journal/sqlite/history-thread.ts"),
};

/** Packages with machine code, and what these need of others to find it. */
const NATIVE = ["better-sqlite3", "unix-dgram", "epoll", "@serialport/bindings-cpp", "@napi-rs/canvas"];
const NATIVE_HELPERS = [
  "bindings",
  "file-uri-to-path",
  "node-gyp-build",
  "@serialport/bindings-interface",
  "@serialport/parser-readline",
  "@serialport/parser-delimiter",
  "debug",
  "ms",
];
const RUNTIME_FILES = [".js", ".cjs", ".json", ".node", ""];
const NOT_AT_RUNTIME =
  /\/(?:deps|test|benchmark|obj|obj\.target|\.deps|prebuilds\/(?!linux-)[^/]+|node_modules)(?:\/|$)/;

/** What soap loads for ways of calling and signing that nobody here uses: half of the memory that it takes. */
const LEFT_OUT = ["axios", "axios-ntlm", "formidable", "xml-crypto"];

/** A file of the sources finds what lies beside it where the unbundled one would. */
const places: Plugin = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: placed(source, path), loader: "ts" };
    });
  },
};

function placed(source: string, path: string): string {
  const program = Object.keys(PROGRAMS).find((name) => PROGRAMS[name] === path);
  const place = program === undefined ? relative(SRC, path).replace(/\.ts$/, ".js") : `${program}.js`;
  return source
    .replace('import { z } from "zod";', 'import * as z from "zod";')
    .replaceAll(/createRequire\(import\.meta\.url\)(?=\()/g, "require")
    .replaceAll(
      "import.meta.dirname",
      `decodeURIComponent(new URL(${JSON.stringify(`./${dirname(place)}`)}, import.meta.url).pathname)`,
    )
    .replaceAll(/import\.meta\.url(?!\)\.pathname)/g, `new URL(${JSON.stringify(`./${place}`)}, import.meta.url).href`);
}

const absent: Plugin = {
  name: "absent",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${LEFT_OUT.join("|")})$`) }, ({ path }) => ({ path, namespace: "absent" }));
    onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, key) {
        if (key === "__esModule") return true;
        throw new Error("${path} was asked for " + String(key) + ": it is left out of the bundle (packaging/bundle.ts)");
      } });`,
    }));
  },
};

const { metafile } = await build({
  entryPoints: Object.entries(PROGRAMS).map(([out, path]) => ({ in: path, out })),
  outdir: DIST,
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  legalComments: "none",
  minifyWhitespace: true,
  // So that a stack in a log points to a place, and never prints a whole file.
  lineLimit: 160,
  external: NATIVE,
  plugins: [places, absent],
  metafile: true,
  logLevel: "warning",
  banner: {
    js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
  },
});
// The bill of materials is made of it.
mkdirSync(join(ROOT, ".tmp"), { recursive: true });
writeFileSync(join(ROOT, ".tmp/bundle.json"), JSON.stringify(metafile));

const target = join(DIST, "node_modules");
rmSync(target, { recursive: true, force: true });
for (const name of [...NATIVE, ...NATIVE_HELPERS, `@napi-rs/canvas-linux-${process.arch}-gnu`]) {
  const from = join(ROOT, "node_modules", name);
  cpSync(from, join(target, name), {
    recursive: true,
    filter: (path) =>
      !NOT_AT_RUNTIME.test(path.slice(from.length)) &&
      (statSync(path).isDirectory() || RUNTIME_FILES.includes(extname(path))),
  });
}
