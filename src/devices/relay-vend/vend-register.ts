import { z } from "zod";
import { type OpenStore, RegisterFile } from "../parts/register-file.ts";

const STATE = z.strictObject({
  /** Prices of everything ever sold, in base units. */
  totalBase: z.int().nonnegative(),
  /** What a motor was turning for when this was written; null when none was. */
  vend: z.strictObject({ id: z.string(), priceBase: z.int().positive() }).nullable(),
});

export type VendState = z.infer<typeof STATE>;

/** Rejects with a RegisterError. */
export function openVendRegister(openStore: OpenStore): Promise<RegisterFile<VendState>> {
  const fresh: VendState = { totalBase: 0, vend: null };
  return RegisterFile.open(openStore, fresh, (value) => STATE.safeParse(value).data);
}
