// guest: --root trixie --limit 400
import { wholeSale } from "../support/whole-sale.ts";

await wholeSale("libgpiod");
