import { configurationPage } from "./configuration-page.ts";
import { writeFormatted } from "./examples.ts";

writeFormatted({ "docs/configuration.md": configurationPage() });
