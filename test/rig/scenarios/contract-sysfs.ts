// guest: --limit 900
// gate: --limit 900
import { gpioContract } from "../support/contract.ts";

await gpioContract("sysfs");
