import { readFileSync } from "node:fs";
import { z } from "zod";

/** From package.json, one folder above both `src` and `dist`. `supportedUntil`: the last day on which it is mended. */
export const { version, supportedUntil } = z
  .object({ version: z.string(), supportedUntil: z.iso.date() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")));
