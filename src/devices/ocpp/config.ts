import { z } from "zod";
import { about, duration, file, hostAndPort, secretFile } from "../../config/fields.ts";
import { halfPair, sentence } from "../../config/problem.ts";
import { isLoopback } from "../../core/loopback.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { wattsMax } from "../parts/fields.ts";
import { alive, others } from "../parts/line-fields.ts";
import { leastWh } from "./delivery.ts";

const slow = z
  .strictObject({
    unit: z.enum(["A", "W"]).default("A").meta(about("In what the charger takes a current or a power.", "W")),
    kind: z
      .enum(["Relative", "Absolute"])
      .default("Relative")
      .meta(about("How the charger takes the time of a profile.", "Absolute")),
  })
  .meta({ description: "How the charger takes a charging profile." });

const schema = z
  .strictObject({
    driver: z.literal("ocpp").meta(about("A charger that speaks OCPP 1.6J, and comes to the kiosk by itself.", "ocpp")),
    listen: hostAndPort.meta(
      about("Where the kiosk waits for chargers. Positions with the same address share it.", "192.168.50.1:8887"),
    ),
    identity: z
      .string()
      .regex(/^[^\s/?#:]{1,48}$/)
      .meta({
        form: "1 to 48 letters, without blanks and /?#:",
        ...about("By which the charger names itself: the last part of the address it is told.", "charger-1"),
      }),
    connector: z.int().min(1).max(31).default(1).meta(about("Which of the charger's connectors this position is.", 2)),
    passwordFile: secretFile
      .optional()
      .meta(
        about(
          "The charger's AuthorizationKey, at least 16 letters, as text or in hex digits. The same for all connectors of one charger.",
          "secrets/charger-1",
        ),
      ),
    withoutPassword: z
      .boolean()
      .default(false)
      .meta(
        about(
          "Lets the charger in without a password. Whoever is in that network can then play the charger, and say what was charged.",
          true,
        ),
      ),
    certFile: file
      .optional()
      .meta(
        about("The certificate (PEM) for chargers that come over TLS. Goes with keyFile.", "certificates/chargers.pem"),
      ),
    keyFile: secretFile.optional().meta(about("The key (PEM) of certFile.", "secrets/chargers-key")),
    subprotocol: z
      .enum(["required", "optional"])
      .default("required")
      .meta(about("optional lets chargers in that do not say what they speak. It is then OCPP 1.6.", "optional")),
    lines: z.strictObject({ alive }).prefault({}).meta({ description: "What holds the contactor before the charger." }),
    maxPower: wattsMax(400_000),
    sampleInterval: duration("1s", "60s")
      .prefault("5s")
      .meta(
        about(
          "How often the charger tells its meter. The limit is kept with a margin of what can flow in this time and 10 s. Some chargers do no less than 30s.",
          "30s",
        ),
      ),
    registerUnit: z
      .enum(["Wh", "kWh"])
      .default("Wh")
      .meta(about("In what the charger's register truly counts, where it says Wh or nothing.", "kWh")),
    start: z
      .enum(["when-plugged", "at-once"])
      .default("when-plugged")
      .meta(
        about(
          "When a paid charge is begun. at-once is for chargers that do not tell of a car before they are started.",
          "at-once",
        ),
      ),
    slow: z
      .union([slow, z.literal("never")])
      .prefault({})
      .meta(
        about("How the current is lowered shortly before the limit. never for a charger that ends by it.", "never", {
          unit: "W",
          kind: "Absolute",
        }),
      ),
    setByHand: z
      .array(z.string().regex(/^\w{1,50}$/))
      .max(20)
      .default([])
      .meta(
        about("Keys that somebody has set at the charger, where it does not show or take them.", ["LocalPreAuthorize"]),
      ),
  })
  .meta({ description: "A connector of a charger that speaks OCPP 1.6J." });

export type OcppConfig = z.output<typeof schema>;

export const ocpp: DeviceDescription<typeof schema> = {
  schema,
  units: ["kWh"],
  files: [METER_FILE],
  facts: ({ listen, identity, connector, certFile, subprotocol, lines, maxPower, sampleInterval, registerUnit }) => ({
    lines: others(["lines"], { alive: lines.alive }),
    port: {
      path: `${listen.host}:${listen.port}`,
      listens: listen,
      alike: { certFile: certFile ?? "none", subprotocol },
      own: [{ at: ["connector"], name: `connector ${connector} of ${identity}` }],
    },
    leastLimitBase: leastWh(maxPower, sampleInterval),
    scale: registerUnit === "Wh" ? null : registerUnit,
  }),
  problems: ({ listen, passwordFile, withoutPassword, certFile, keyFile }) => {
    const half = halfPair(["dispenser"], certFile, keyFile);
    if (half !== null) return [half];
    if (passwordFile !== undefined || withoutPassword || isLoopback(listen.host)) return [];
    const found = `chargers let in on ${listen.host} without a password`;
    const hint = "whoever is in that network could say what was charged; withoutPassword: true takes that on";
    return [{ path: ["dispenser", "listen"], message: sentence({ found, expected: "passwordFile beside it", hint }) }];
  },
};
