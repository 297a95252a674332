import { randomBytes } from "node:crypto";
import { hostname, networkInterfaces } from "node:os";
import { hostAndPort } from "../config/fields.ts";
import { isOwnName } from "../core/loopback.ts";
import { UsageError } from "../platform/console/failure.ts";

/** Where a demo listens. */
export interface DemoAddress {
  readonly host: string;
  /** Of the display; 0 for any free one, as the others' are. */
  readonly port: number;
  /** In the display's address where others than this machine could press its buttons; null on loopback. */
  readonly token: string | null;
}

const ALL_ADDRESSES = ["0.0.0.0", "::"];

/** Throws a UsageError when it is not HOST or HOST:PORT. */
export function demoAddress(listen: string | undefined): DemoAddress {
  if (listen === undefined) return { host: "127.0.0.1", port: 0, token: null };
  const address = hostAndPort.safeParse(/[^:]:\d+$/.test(listen) ? listen : `${listen}:0`);
  if (!address.success) {
    throw new UsageError(`--listen: expected HOST or HOST:PORT, such as 0.0.0.0:8080, not "${listen}"`);
  }
  const { host, port } = address.data;
  return { host, port, token: isOwnName(host) ? null : randomBytes(12).toString("base64url") };
}

/** The same address by a name that others can reach this machine by, where it is all addresses of the machine. */
export function reachable(url: string): string {
  const made = new URL(url);
  if (ALL_ADDRESSES.includes(made.hostname.replace(/^\[|\]$/g, ""))) made.hostname = outsideName();
  return made.href;
}

function outsideName(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? hostname();
}

/** Where a simulator is told to listen. */
export function listenAddress({ listen }: { readonly listen: string }): {
  readonly host: string;
  readonly port: number;
} {
  const address = hostAndPort.safeParse(listen);
  if (!address.success) throw new UsageError(`--listen: expected HOST:PORT, such as 127.0.0.1:8082, not "${listen}"`);
  return address.data;
}
