import { z } from "zod";
import { about, duration, file, secretFile } from "./fields.ts";

const NAME = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;
const host = z
  .union([z.ipv4(), z.ipv6(), z.literal("localhost")], "expected an address such as 127.0.0.1 or 0.0.0.0")
  .meta({ form: "IP address" });

export const operator = z
  .strictObject({
    listen: host
      .default("127.0.0.1")
      .meta(
        about(
          "Where the operator's page is served. 127.0.0.1 is this machine alone; an address of the network, or 0.0.0.0 for all of them, is always encrypted.",
          "0.0.0.0",
        ),
      ),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(8443)
      .meta(about("Its port; never that of the customers' display. 0 takes any that is free.", 8443)),
    names: z
      .array(z.string().regex(NAME, "expected a host's name in small letters, such as kiosk.example.com").max(253))
      .max(8)
      .default([])
      .meta({
        form: "list of at most 8 names",
        ...about(
          "Names by which browsers reach this machine, beside its addresses and its own name. Another name is refused, because a web site could point its own at this machine.",
          ["kiosk-7.example.com"],
        ),
      }),
    certFile: file
      .optional()
      .meta(
        about(
          "The certificate (PEM) of the page. Without it the daemon makes one of its own, which browsers warn of once. Goes with keyFile.",
          "certificates/operator.pem",
        ),
      ),
    keyFile: secretFile
      .optional()
      .meta(about("The private key (PEM) of certFile. The two stand together.", "secrets/operator-key.pem")),
    idleTimeout: duration("5m", "12h")
      .prefault("30m")
      .meta(about("Who does nothing on the page for so long has to sign in again.", "1h")),
  })
  .meta({
    description:
      "A page for the operator, with users and passwords: what happens, sales, refunds. Without this section there is none. The first user is made by `kioskd operator code`.",
  });
