import type { AddressInfo, Server } from "node:net";

/** Where a server that listens on a host is reached, without a slash at the end. */
export function urlOf(host: string, server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
