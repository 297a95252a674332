import { seqr } from "./seqr/plug-in.ts";

/** Every payment service, in the order in which documents and messages name them. A demo takes the first. */
export const PAYMENTS = [seqr] as const;
