import { dirname, resolve } from "node:path";
import type { Loaded } from "../config/load.ts";
import { Authority } from "../payments/seqr/authority.ts";
import type { SeqrBooksSettings } from "../payments/seqr/books.ts";
import { CliError } from "../platform/console/failure.ts";

/** All that the configuration says of the payment service, in the adapter's words. */
export function seqrSettings({ file, config, secrets }: Loaded): SeqrBooksSettings {
  const { seqr } = config.payment;
  const { reseller } = seqr;
  const password = secrets.resellerPassword;
  const terminals = config.positions.flatMap((position) => {
    const terminal = secrets.terminals.get(position.id);
    const stickerId = position.code === "sticker" ? (position.seqrId ?? null) : null;
    if (terminal === undefined) return [];
    // Sales bear the name that their position had then.
    return [position.id, ...position.formerly].map((name) => [name, { ...terminal, stickerId }] as const);
  });
  const { publicUrl } = seqr.unattended ?? {};
  const secret = secrets.unattendedSecret;
  return {
    notificationUrl: (position) =>
      publicUrl === undefined || secret === null ? null : new URL(`${secret}/notify/${position}`, `${publicUrl}/`).href,
    endpoint: seqr.endpoint,
    authority: seqr.caFile === undefined ? null : authorityIn(resolve(dirname(file), seqr.caFile)),
    requestTimeoutMs: seqr.requestTimeout,
    pollIntervalMs: seqr.pollInterval,
    clientId: seqr.clientId,
    clientReferencePrefix: seqr.clientReference,
    title: config.kiosk.name,
    footer: seqr.footer,
    currency: config.kiosk.currency,
    terminals: new Map(terminals),
    reseller:
      reseller === undefined || password === null ? null : { id: reseller.id, userId: reseller.userId, password },
    receipt: seqr.receipt ?? null,
  };
}

function authorityIn(path: string): Authority {
  try {
    return new Authority(path);
  } catch {
    throw new CliError(`payment.seqr.caFile: ${path} cannot be read: expected certificates in PEM form`);
  }
}
