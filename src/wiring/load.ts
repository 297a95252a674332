import { jsonSchemaOf } from "../config/json-schema.ts";
import { type Loaded, type Purpose, readConfig } from "../config/load.ts";
import { type ConfigSchema, configSchemaOf } from "../config/schema.ts";
import { PLUG_INS } from "./plug-ins.ts";

/**
 * Reads and checks a configuration with all the secrets it names. Nothing is touched.
 * @param purpose `serve` needs every secret, `register` none of the terminals', `read` none at all
 * @throws ConfigError with every problem found
 */
export function loadConfig(file: string, purpose: Purpose = "serve"): Loaded {
  return readConfig(file, purpose, PLUG_INS);
}

/** What a configuration of this program may say. */
export function configSchema(): ConfigSchema {
  return configSchemaOf(PLUG_INS);
}

/** The same as a JSON schema (draft 2020-12), for editors; `loadConfig` checks more than it can say. */
export function configJsonSchema(): object {
  return jsonSchemaOf(configSchema());
}
