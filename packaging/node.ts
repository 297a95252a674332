import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What is made once and used again: downloads that fit their hash, native modules that were compiled. */
export const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kioskd-packaging");

/** A Debian architecture, with what Node and Debian's compilers call it. */
export interface Architecture {
  readonly debian: "amd64" | "arm64";
  readonly node: "x64" | "arm64";
  readonly triplet: string;
}

export const ARCHITECTURES: readonly Architecture[] = [
  { debian: "amd64", node: "x64", triplet: "x86_64-linux-gnu" },
  { debian: "arm64", node: "arm64", triplet: "aarch64-linux-gnu" },
];

/**
 * The Node that is inside. 24 is mended until 2028-04-30; 22 ends a year earlier, and better-sqlite3 12 was not tried
 * with 26. The npm packages hold the builds of nodejs.org; docs/dependencies.md says how the hashes were checked.
 */
export const NODE = {
  version: "24.22.3",
  endsOn: "2028-04-30",
  integrity: {
    x64: "sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==",
    arm64: "sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==",
  },
} as const;

/**
 * What native modules are compiled with. The headers of 24.19 and later make each object of better-sqlite3 12 abort the
 * process when it is collected (nodejs/node issue 65446); with those of 24.18 it runs on every later 24.
 */
export const HEADERS = {
  version: "24.18.1",
  integrity: "sha512-lrkq/M/O8giNdc8fSxYK0kuRZPVVFOMM+HRbUNoqZNs2+tdNI9Qjc0n/tWOd2wBsU0e8z/qQBpGrUBIse4vPgA==",
} as const;

/** The Node that goes inside, of this machine's architecture. */
export function hostNode(): string {
  const host = process.arch === "arm64" ? "arm64" : "x64";
  return join(unpacked(`node-linux-${host}`, NODE.version, NODE.integrity[host]), "bin/node");
}

/** The folder of a package of the registry, unpacked, whose file has exactly this hash. */
export function unpacked(name: string, version: string, integrity: string): string {
  const known = createHash("sha256").update(integrity).digest("hex").slice(0, 16);
  const folder = join(CACHE, `${name.replaceAll("/", "-")}-${version}-${known}`);
  if (existsSync(folder)) return join(folder, "package");
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, "download-"));
  try {
    const printed = execFileSync("npm", ["pack", "--silent", "--pack-destination", work, `${name}@${version}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const file = join(work, printed.trim());
    refuseOther(file, `${name}@${version}`, integrity);
    execFileSync("tar", ["-xzf", file, "-C", work]);
    rmSync(file);
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(folder, "package");
}

function refuseOther(file: string, what: string, integrity: string): void {
  const [kind = "", wanted] = integrity.split("-", 2);
  const found = createHash(kind).update(readFileSync(file)).digest("base64");
  if (found === wanted) return;
  throw new Error(
    `${what} from the registry has the hash ${kind}-${found}, expected ${integrity}. Somebody has changed one of the two: nothing was packed. Compare with nodejs.org or package-lock.json before you write another hash down.`,
  );
}
