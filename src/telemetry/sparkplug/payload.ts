import { get } from "sparkplug-payload";
import { z } from "zod";

/** A metric as Sparkplug B names, types and shows it; null is a value that is not known now. */
export interface Metric {
  readonly name: string;
  /** Without UInt32: the package encodes it in another field than the specification says. */
  readonly type: "Boolean" | "Double" | "Int32" | "Int64" | "String" | "UInt64";
  readonly value: boolean | number | string | null;
}

/** What a host asks to write. */
type Written = readonly { readonly name?: string | undefined; readonly value?: unknown }[];

/** The payloads of Sparkplug B, in protobuf. */
export interface Codec {
  /** `seq` is null in a death, which has none. */
  encode(metrics: readonly Metric[], atMs: number, seq: number | null): Uint8Array;
  /** Null when it is none, or larger than any command needs to be. */
  decode(payload: Uint8Array): Written | null;
}

const COMMAND_MAX_BYTES = 4096;

const command = z.object({
  metrics: z.array(z.object({ name: z.string().optional(), value: z.unknown() })).default([]),
});

export function createCodec(): Codec {
  const payloads = get("spBv1.0");
  if (payloads === null) throw new Error("sparkplug-payload does not know spBv1.0");
  return {
    encode: (metrics, atMs, seq) =>
      payloads.encodePayload({
        timestamp: atMs,
        metrics: metrics.map((metric) => ({ ...metric, timestamp: atMs })),
        ...(seq === null ? {} : { seq }),
      }),
    decode: (payload) => {
      if (payload.length > COMMAND_MAX_BYTES) return null;
      try {
        return command.parse(payloads.decodePayload(payload)).metrics;
      } catch {
        return null;
      }
    },
  };
}
