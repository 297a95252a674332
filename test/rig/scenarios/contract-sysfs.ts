// guest: --limit 900
import { gpioContract } from "../support/contract.ts";

await gpioContract("sysfs");
