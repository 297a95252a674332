import { z } from "zod";
import { type OpenStore, RegisterFile } from "../parts/register-file.ts";

const STATE = z.strictObject({
  /** Prices of everything that was vended for certain, in base units. */
  totalBase: z.int().nonnegative(),
  /** What was approved and has no result yet; null when nothing was. */
  pending: z.strictObject({ priceBase: z.int().nonnegative(), item: z.int().nonnegative() }).nullable(),
  /** Why nobody will ever say what became of it; left out while the machine still may. */
  unknown: z.string().max(400).exactOptional(),
});

export type RegisterState = z.infer<typeof STATE>;

/** The totaliser that an MDB adapter does not have. Rejects with a RegisterError. */
export function openRegister(openStore: OpenStore): Promise<RegisterFile<RegisterState>> {
  const fresh: RegisterState = { totalBase: 0, pending: null };
  return RegisterFile.open(openStore, fresh, (value) => STATE.safeParse(value).data);
}
