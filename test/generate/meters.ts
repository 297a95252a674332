import { writeFormatted } from "./examples.ts";
import { metersPage } from "./meters-page.ts";

writeFormatted({ "docs/meters.md": metersPage() });
