import { dirname, resolve } from "node:path";
import { CliError } from "../../platform/console/failure.ts";
import { resellerOf, terminalOf } from "./accounts.ts";
import { Authority } from "./authority.ts";
import type { SeqrBooksSettings } from "./books.ts";
import type { SeqrSite } from "./config.ts";

/** All that the configuration says of the payment service, in the adapter's words. */
export function seqrSettings(site: SeqrSite): SeqrBooksSettings {
  const { file, kiosk, section } = site;
  const terminals = site.positions.flatMap((position) => {
    const terminal = terminalOf(site, position);
    const stickerId = position.own.code === "sticker" ? (position.own.seqrId ?? null) : null;
    if (terminal === null) return [];
    // Sales bear the name that their position had then.
    return [position.id, ...position.formerly].map((name) => [name, { ...terminal, stickerId }] as const);
  });
  const { publicUrl } = section.unattended ?? {};
  const secret = site.secrets.at(["payment", "seqr", "unattended", "secretFile"]);
  return {
    notificationUrl: (position) =>
      publicUrl === undefined || secret === null ? null : new URL(`${secret}/notify/${position}`, `${publicUrl}/`).href,
    endpoint: section.endpoint,
    authority: section.caFile === undefined ? null : authorityIn(resolve(dirname(file), section.caFile)),
    requestTimeoutMs: section.requestTimeout,
    pollIntervalMs: section.pollInterval,
    clientId: section.clientId,
    clientReferencePrefix: section.clientReference,
    title: kiosk.name,
    footer: section.footer,
    currency: kiosk.currency,
    terminals: new Map(terminals),
    reseller: resellerOf(site),
    receipt: section.receipt ?? null,
  };
}

function authorityIn(path: string): Authority {
  try {
    return new Authority(path);
  } catch {
    throw new CliError(`payment.seqr.caFile: ${path} cannot be read: expected certificates in PEM form`);
  }
}
