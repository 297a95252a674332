import { z } from "zod";

/** Where the documentation leaves open what the service does, and clients must live with either. */
const SHAPE = {
  /** Whether the merchant may cancel a bill that the customer has confirmed; refused, it is "in progress". */
  cancelReserved: z.enum(["frees", "refuses"]),
  /** Whether a reservation is taken back when nobody asks for 20 s; concerns confirmations from then on. */
  reversalAppliesToReserved: z.boolean(),
  commitWithoutAmount: z.enum(["takes-total", "takes-reserved"]),
};

export type Ambiguities = Readonly<z.output<z.ZodObject<typeof SHAPE>>>;

export const AMBIGUITIES_CHANGE = z.strictObject(SHAPE).partial();

export type AmbiguitiesChange = z.output<typeof AMBIGUITIES_CHANGE>;

export const USUAL_AMBIGUITIES: Ambiguities = {
  cancelReserved: "frees",
  reversalAppliesToReserved: true,
  commitWithoutAmount: "takes-total",
};

export function resolved(before: Ambiguities, change: AmbiguitiesChange): Ambiguities {
  return {
    cancelReserved: change.cancelReserved ?? before.cancelReserved,
    reversalAppliesToReserved: change.reversalAppliesToReserved ?? before.reversalAppliesToReserved,
    commitWithoutAmount: change.commitWithoutAmount ?? before.commitWithoutAmount,
  };
}
