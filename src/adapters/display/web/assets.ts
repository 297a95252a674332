import { readFile } from "node:fs/promises";

/** Every file of the page; nothing else is served. */
const FILES = [
  { name: "index.html", type: "text/html; charset=utf-8" },
  { name: "style.css", type: "text/css; charset=utf-8" },
  { name: "screens.css", type: "text/css; charset=utf-8" },
  ...["page", "board", "connection", "dom", "format", "messages", "messages-en", "messages-sv", "parts", "screens"].map(
    (name) => ({ name: `${name}.js`, type: "text/javascript; charset=utf-8" }),
  ),
] as const;

export interface Asset {
  readonly name: string;
  readonly type: string;
  /** Null when the file is not there, as the scripts are before a build. */
  readonly content: string | null;
}

export async function readAssets(root: URL): Promise<readonly Asset[]> {
  return Promise.all(FILES.map(async (file) => ({ ...file, content: await readOrNull(new URL(file.name, root)) })));
}

async function readOrNull(file: URL): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
