import { paymentContract } from "../../contract/payment.ts";
import { TERMS } from "../../support/sale-fixtures.ts";
import { stripeRig } from "./rig.ts";

const HOLD = { holdS: TERMS.commitTimeoutMs / 1000 };

for (const captureBelowLeast of ["refuses", "takes"] as const) {
  paymentContract(`Stripe over HTTP (capture below the least charge: ${captureBelowLeast})`, ({ wrongPassword }) =>
    stripeRig({ ...HOLD, captureBelowLeast, ...(wrongPassword ? { key: "rk_test_notTheKeyAtAll000" } : {}) }),
  );
}
