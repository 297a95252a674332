import { z } from "zod";
import type { CommandName } from "../core/operator/messages.ts";
import { about, address, duration, file, secretFile } from "./fields.ts";

const brokerUrl = address(/^mqtts?$/)
  .transform((url) => url.replace(/^[a-z]+/i, (scheme) => scheme.toLowerCase()))
  .meta({ form: "`mqtt://HOST` or `mqtts://HOST`, with `:PORT` where it is not the usual one" });
/** Brokers refuse what begins with a dollar, many what is long; an empty level is one that nobody looks for. */
const topic = z
  .string()
  .regex(/^(?!\$)[^+#\s/\p{Cc}]+(\/[^+#\s/\p{Cc}]+)*$/u)
  .max(128)
  .meta({ form: "topic without `+`, `#`, blanks, empty levels and a `$` at its beginning, at most 128 characters" });
/** One level of a topic. */
const level = z
  .string()
  .regex(/^(?!\$)[^+#\s/\p{Cc}]+$/u)
  .max(64)
  .meta({ form: "name without `+`, `#`, `/`, blanks and a `$` at its beginning, at most 64 characters" });

const COMMANDS = [
  "stop",
  "block",
  "unblock",
  "set-price",
  "reconcile",
  "republish",
  "acknowledge",
] as const satisfies readonly CommandName[];

export const mqtt = z
  .strictObject({
    url: z
      .union([brokerUrl.transform((url) => [url]), z.array(brokerUrl).min(1).max(8)])
      .meta(
        about(
          "The broker's address, or up to eight that are tried in turn. mqtts:// is encrypted. Who logs in stands in username and passwordFile.",
          "mqtts://broker.example.com:8883",
          ["mqtt://10.0.0.5:1883", "mqtt://10.0.0.6:1883"],
        ),
      ),
    topicPrefix: topic
      .default("kioskd")
      .meta(
        about(
          "First part of every topic, before kiosk.id. Change it when several owners share one broker; the kiosk then also has a client id and a name for Home Assistant of its own.",
          "shop/pumps",
        ),
      ),
    username: z
      .string()
      .min(1)
      .optional()
      .meta(about("The kiosk's account at the broker. Without it the kiosk does not say who it is.", "kiosk-1")),
    passwordFile: secretFile
      .optional()
      .meta(about("The password of username. Without it none is sent.", "secrets/mqtt")),
    caFile: file
      .optional()
      .meta(
        about(
          "The authority (PEM) that signed the broker's certificate. Needed when it is your own; without it the machine's list of authorities counts. This file and the kiosk's own are read again when they change.",
          "certificates/ca.pem",
        ),
      ),
    certFile: file
      .optional()
      .meta(
        about(
          "The kiosk's own certificate (PEM), for brokers that know a kiosk by it. Goes with keyFile.",
          "certificates/kiosk-1.pem",
        ),
      ),
    keyFile: secretFile
      .optional()
      .meta(about("The private key (PEM) of certFile. The two stand together.", "secrets/kiosk-1-key.pem")),
    keepalive: duration("5s", "10m")
      .prefault("30s")
      .meta(
        about(
          "How often the connection is tried when nothing is sent. Shorter notices a dead line sooner, longer saves mobile data.",
          "1m",
        ),
      ),
    sessionExpiry: duration("0s", "1d")
      .prefault("0s")
      .meta(about("How long the broker keeps commands for a kiosk that is away. 0s keeps none. Needs MQTT 5.", "10m")),
    applicationAck: z
      .boolean()
      .default(false)
      .meta(
        about(
          "A sale leaves the outbox only when your own system has answered on the topic `sales/ack`, and is sent again ever more seldom until then. Otherwise the broker's answer is enough, which proves little in MQTT 3.1.1.",
          true,
        ),
      ),
    commands: z
      .array(z.enum(COMMANDS))
      .max(COMMANDS.length)
      .default(["stop", "block", "unblock", "reconcile", "republish", "acknowledge"])
      .meta(
        about(
          "The commands that are obeyed. Shorten it to allow less, add set-price to order prices from afar; [] obeys none.",
          ["stop", "block", "unblock", "set-price"],
        ),
      ),
    discovery: z
      .boolean()
      .default(false)
      .meta(about("Whether the kiosk announces itself to Home Assistant and programs like it.", true)),
    discoveryPrefix: topic
      .default("homeassistant")
      .meta(
        about(
          "Where those programs look for announcements. Change it only when yours looks elsewhere.",
          "homeassistant",
        ),
      ),
    encoding: z
      .enum(["json", "sparkplug", "both"])
      .default("json")
      .meta(about("In which form the kiosk publishes: JSON, Sparkplug B for plant systems, or both.", "both")),
    sparkplugGroup: level
      .default("kioskd")
      .meta(about("The group id in Sparkplug's topics. Of use with encoding sparkplug or both.", "stations")),
  })
  .meta({
    description: "Tells an operator by MQTT what happens, and takes commands. Without this section nothing is sent.",
  });
