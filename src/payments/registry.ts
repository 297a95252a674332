import { seqr } from "./seqr/plug-in.ts";
import { stripe } from "./stripe/plug-in.ts";
import { vipps } from "./vipps/plug-in.ts";

/** Every payment service, in the order in which documents and messages name them. A demo takes the first unless told. */
export const PAYMENTS = [seqr, vipps, stripe] as const;

/** What a journal means that names no payment service: it is older than all others. */
export const UNNAMED: string = PAYMENTS[0].name;
