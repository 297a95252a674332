import type { AddressInfo, Server } from "node:net";
import { urlOf as urlAt } from "../../platform/http/address.ts";

/** Where a server that listens on a host is reached, without a slash at the end. */
export function urlOf(host: string, server: Server): string {
  return urlAt("http", host, server.address() as AddressInfo);
}
