import { z } from "zod";
import type { CommandName } from "../core/operator/messages.ts";
import { duration, secretFile } from "./fields.ts";

const brokerUrl = z.url({ protocol: /^mqtts?$/, error: "expected mqtt://HOST or mqtts://HOST" });
const topic = z.string().regex(/^[^+#\s/][^+#\s]*$/, "expected a topic without +, # or blanks");
/** One level of a topic. */
const level = z.string().regex(/^[^+#\s/]+$/, "expected a name without +, #, / or blanks");

const COMMANDS = [
  "stop",
  "block",
  "unblock",
  "set-price",
  "reconcile",
  "republish",
  "acknowledge",
] as const satisfies readonly CommandName[];

export const mqtt = z.strictObject({
  /** One broker, or several that are tried in turn. */
  url: z.union([brokerUrl.transform((url) => [url]), z.array(brokerUrl).min(1).max(8)]),
  topicPrefix: topic.default("kioskd"),
  username: z.string().min(1).optional(),
  passwordFile: secretFile.optional(),
  caFile: z.string().min(1).optional(),
  certFile: z.string().min(1).optional(),
  keyFile: secretFile.optional(),
  keepalive: duration("5s", "10m").default(30_000),
  /** How long a broker keeps commands for a kiosk that is away. */
  sessionExpiry: duration("0s", "1d").default(0),
  /** A sale leaves the outbox only when its receiver has acknowledged it on `sales/ack`. */
  applicationAck: z.boolean().default(false),
  commands: z
    .array(z.enum(COMMANDS))
    .max(COMMANDS.length)
    .default(["stop", "block", "unblock", "reconcile", "republish", "acknowledge"]),
  /** Whether Home Assistant and the like are told what there is. */
  discovery: z.boolean().default(false),
  discoveryPrefix: topic.default("homeassistant"),
  encoding: z.enum(["json", "sparkplug", "both"]).default("json"),
  sparkplugGroup: level.default("kioskd"),
});
