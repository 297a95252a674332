import { DEMO_UNIT } from "../../../src/payments/vipps/simulator/server.ts";
import { paymentContract } from "../../contract/payment.ts";
import { vippsRig } from "./rig.ts";

for (const currency of ["NOK", "DKK", "EUR"]) {
  paymentContract(
    `Vipps MobilePay over HTTP (${currency})`,
    ({ wrongPassword }) => {
      const clientSecret = wrongPassword ? "not-the-secret" : DEMO_UNIT.clientSecret;
      return vippsRig({ clientSecret }, { unit: { currency } });
    },
    currency,
  );
}
