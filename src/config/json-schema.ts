import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The configuration's JSON schema (draft 2020-12), for editors; `loadConfig` checks more than it can say. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return { title: "kioskd configuration", ...schema };
}
