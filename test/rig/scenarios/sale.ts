// guest: --limit 900
// gate: --limit 900
import { wholeSale } from "../support/whole-sale.ts";

await wholeSale("sysfs");
