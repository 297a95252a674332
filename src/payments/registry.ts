import { seqr } from "./seqr/plug-in.ts";
import { stripe } from "./stripe/plug-in.ts";
import { vipps } from "./vipps/plug-in.ts";

/** Every payment service, in the order in which documents and messages name them. */
export const PAYMENTS = [seqr, vipps, stripe] as const;

/** What a demo takes unless told: the last one, which most people can try next. Its tests need an account of minutes. */
export const OF_DEMO: string = PAYMENTS[2].name;

/** What a journal means that names no payment service: it is older than all others. */
export const UNNAMED: string = PAYMENTS[0].name;
