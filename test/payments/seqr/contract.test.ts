import { DEMO_TERMINAL, type SeqrSimulatorOptions } from "../../../src/payments/seqr/simulator/server.ts";
import { paymentContract } from "../../contract/payment.ts";
import { covering } from "../../support/sample.ts";
import { memoryLog, seqrRig } from "./rig.ts";

/** What the service's documents leave open: the provider must be right whichever way it is. */
const AMBIGUITIES: NonNullable<SeqrSimulatorOptions["ambiguities"]>[] = [];
for (const cancelReserved of ["frees", "refuses"] as const)
  for (const reversalAppliesToReserved of [true, false])
    for (const commitWithoutAmount of ["takes-total", "takes-reserved"] as const)
      AMBIGUITIES.push({ cancelReserved, reversalAppliesToReserved, commitWithoutAmount });

const TAKEN = covering("SEQR's ambiguities", AMBIGUITIES, [
  ({ cancelReserved }) => String(cancelReserved),
  ({ reversalAppliesToReserved }) => String(reversalAppliesToReserved),
  ({ commitWithoutAmount }) => String(commitWithoutAmount),
]);

for (const ambiguities of TAKEN) {
  const named = Object.entries(ambiguities).map(([name, value]) => `${name} ${value}`);
  paymentContract(`SEQR over HTTP (${named.join(", ")})`, ({ wrongPassword }) => {
    const password = wrongPassword ? "not-the-password" : DEMO_TERMINAL.password;
    return seqrRig({ terminals: new Map([["1", { id: DEMO_TERMINAL.id, password }]]) }, memoryLog(), { ambiguities });
  });
}
