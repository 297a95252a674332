import { z } from "zod";
import { type OpenStore, RegisterFile } from "../parts/register-file.ts";

const STATE = z.strictObject({
  /** The worth of all pulses that are known to have gone out, in base units. */
  totalBase: z.int().nonnegative(),
  /** The pulse that may be going out; null while none is. */
  pulse: z.strictObject({ n: z.int().positive(), of: z.int().positive(), valueBase: z.int().positive() }).nullable(),
});

export type CreditState = z.infer<typeof STATE>;

/** Rejects with a RegisterError. */
export function openCreditRegister(openStore: OpenStore): Promise<RegisterFile<CreditState>> {
  const fresh: CreditState = { totalBase: 0, pulse: null };
  return RegisterFile.open(openStore, fresh, (value) => STATE.safeParse(value).data);
}
