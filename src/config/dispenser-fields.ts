import { z } from "zod";
import { about } from "./fields.ts";

export const wattsMax = (mostW: number) =>
  z
    .int()
    .min(100)
    .max(mostW)
    .default(22_000)
    .meta(
      about(
        "The most that the charger can deliver, in watts. An energy that rises faster is not believed, and a fault.",
        11_000,
      ),
    );

export const goodsMax = z
  .int()
  .min(1)
  .max(20)
  .default(1)
  .meta(about("How many goods one payment may buy, as long as the money lasts.", 3));
