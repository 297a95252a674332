import { z } from "zod";
import { aboutOf } from "./keys.ts";
import { profileNames } from "./profile.ts";
import type { ConfigSchema } from "./schema.ts";

/** The configuration's JSON schema (draft 2020-12), for editors; `loadConfig` checks more than it can say. */
export function jsonSchemaOf(configSchema: ConfigSchema): object {
  const { dispenser } = configSchema.shape.positions.element.shape;
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { description, examples, form } = aboutOf(zodSchema);
      // What is transformed loses its examples, for they could be meant for what comes out; ours never are.
      if (Array.isArray(examples)) jsonSchema.examples = examples;
      if (typeof description === "string" && typeof form === "string") {
        jsonSchema.description = `${description} Form: ${form}.`;
      }
      delete jsonSchema["form"];
      delete jsonSchema["meant"];
      delete jsonSchema["secret"];
      if (zodSchema === dispenser) jsonSchema.oneOf?.push(assembly());
    },
  });
  return { title: "kioskd configuration", ...schema };
}

/** The loader puts the assembly's own settings in its place before the schema is asked. */
function assembly(): z.core.JSONSchema.JSONSchema {
  const names = [...profileNames()];
  return {
    type: "object",
    description: "An assembly that comes with the program; keys beside it replace what it says.",
    properties: {
      profile: {
        description: "The assembly's name: a folder in hw.",
        examples: names.slice(0, 1),
        type: "string",
        enum: names,
      },
    },
    required: ["profile"],
  };
}
