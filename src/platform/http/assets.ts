import { opendir, readFile } from "node:fs/promises";
import { extname } from "node:path";

export interface Asset {
  readonly name: string;
  readonly type: string;
  /** Null for an `index.html` that is not there, as before a build. */
  readonly content: Buffer | null;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};
const PLAIN_NAME = /^[\w-][\w.-]*$/;
const MOST_ASSETS = 32;
const MOST_ENTRIES = 1_000;

/** Every file that the build has put into the folder itself, by name; nothing else of the disk is ever served. */
export async function readAssets(root: URL): Promise<readonly Asset[]> {
  const names = await namesIn(root);
  const found = names.includes("index.html") ? names : ["index.html", ...names];
  return Promise.all(
    found.map(async (name) => ({
      name,
      type: TYPES[extname(name)] ?? "",
      content: names.includes(name) ? await readFile(new URL(name, root)) : null,
    })),
  );
}

async function namesIn(root: URL): Promise<readonly string[]> {
  const names: string[] = [];
  let seen = 0;
  try {
    for await (const entry of await opendir(root)) {
      seen += 1;
      if (seen > MOST_ENTRIES) break;
      if (entry.isFile() && PLAIN_NAME.test(entry.name) && extname(entry.name) in TYPES) names.push(entry.name);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return names.sort((one, other) => one.localeCompare(other)).slice(0, MOST_ASSETS);
}
