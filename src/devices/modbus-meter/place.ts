import { hostAndPort } from "../../config/fields.ts";

const SCHEME = "tcp://";

/** Where a meter is on a network; null for a serial port. */
export function networkPlace(port: string): { readonly host: string; readonly port: number } | null {
  const parsed = port.startsWith(SCHEME) ? hostAndPort.safeParse(port.slice(SCHEME.length)) : null;
  return parsed?.success === true ? parsed.data : null;
}
