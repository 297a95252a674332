import { DEMO_TERMINAL } from "../../../src/simulators/seqr/server.ts";
import { paymentContract } from "../../contract/payment.ts";
import { seqrRig } from "./rig.ts";

paymentContract("SEQR over HTTP", ({ wrongPassword }) => {
  const password = wrongPassword ? "not-the-password" : DEMO_TERMINAL.password;
  return seqrRig({ terminals: new Map([["1", { id: DEMO_TERMINAL.id, password }]]) });
});
