import type { AddressInfo } from "node:net";
import { isLoopback } from "../../core/loopback.ts";

/** Where a connection comes from. */
export interface Origin {
  /** All addresses that one owner has at once share a name: an IPv4 address, an IPv6 network of 64 bits, this machine. */
  readonly name: string;
  readonly isLoopback: boolean;
}

const LOOPBACK: Origin = { name: "loopback", isLoopback: true };
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/** Of an address as Node tells it. */
export function originOf(address: string): Origin {
  const [bare = ""] = address.toLowerCase().split("%", 1);
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare;
  if (isLoopback(plain)) return LOOPBACK;
  return { name: plain.includes(":") ? networkOf(plain) : plain, isLoopback: false };
}

/** The first half of an IPv6 address. Whoever has a line has all of the other half. */
function networkOf(address: string): string {
  const [head = "", tail = ""] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, GROUPS - before.length - after.length) }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

export function urlOf(scheme: "http" | "https", host: string, address: AddressInfo): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
