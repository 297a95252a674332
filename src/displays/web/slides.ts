import { createReadStream } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Log } from "../../ports/log.ts";

/** A picture for the idle screen. */
export interface Slide {
  readonly path: string;
  readonly type: string;
  /** Where the page finds it. */
  readonly url: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
};
const LOGO_TYPES: Readonly<Record<string, string>> = { ...TYPES, ".svg": "image/svg+xml" };
const MOST_LOGO_BYTES = 256 * 1024;
const MOST_SLIDES = 100;
const MOST_ENTRIES = 1_000;

/** The pictures of a folder, by name; none, with a warning, when it cannot be read. */
export async function findSlides(folder: string | null, log: Log): Promise<readonly Slide[]> {
  if (folder === null) return [];
  const names: string[] = [];
  try {
    let seen = 0;
    for await (const entry of await opendir(folder)) {
      seen += 1;
      if (seen > MOST_ENTRIES) break;
      if (entry.isFile() && extname(entry.name).toLowerCase() in TYPES) names.push(entry.name);
    }
  } catch (error) {
    log.warn({ folder, error: String(error) }, "The folder of slides cannot be read; the idle screen shows none.");
  }
  if (names.length > MOST_SLIDES) log.warn({ folder, most: MOST_SLIDES }, "There are more slides than are shown.");
  return names
    .sort((one, other) => (one < other ? -1 : 1))
    .slice(0, MOST_SLIDES)
    .map((name, index) => {
      const extension = extname(name).toLowerCase();
      return { path: join(folder, name), type: TYPES[extension] ?? "", url: `/slides/${index}${extension}` };
    });
}

/** The owner's sign; none, with a warning, when it cannot be shown. */
export async function findLogo(path: string | null, log: Log): Promise<Slide | null> {
  if (path === null) return null;
  const extension = extname(path).toLowerCase();
  const type = LOGO_TYPES[extension];
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (type !== undefined && size !== null && size <= MOST_LOGO_BYTES) return { path, type, url: `/logo${extension}` };
  log.warn({ path, mostBytes: MOST_LOGO_BYTES }, "The logo is no picture that the page can show; it shows none.");
  return null;
}

/** Only what was found at the start is served, whatever is asked for. */
export function addSlides(app: FastifyInstance, slides: readonly Slide[]): void {
  for (const { path, type, url } of slides) {
    app.get(url, (_request, reply) => reply.type(type).send(createReadStream(path)));
  }
}
