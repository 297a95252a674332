import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asyncApi } from "./asyncapi.ts";
import { readExamples, writeFormatted } from "./examples.ts";
import { markdown } from "./markdown.ts";
import { messageSchemas, ROOT } from "./schemas.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const schemas = messageSchemas();
const examples = readExamples();

writeFormatted({
  ...Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [`docs/schemas/${name}.json`, JSON.stringify(schema, null, 2)]),
  ),
  "docs/asyncapi.yaml": asyncApi(schemas, examples, version),
  "docs/mqtt.md": markdown(schemas, examples),
});
