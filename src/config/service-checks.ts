import { isLoopback } from "../core/loopback.ts";
import { latestOfferMs } from "../core/sale/timing.ts";
import { durationText } from "./fields.ts";
import { timingOf } from "./goods.ts";
import type { PlugIns } from "./plug-ins.ts";
import { type Found, type Path, sentence, shown } from "./problem.ts";
import type { Config } from "./schema.ts";

/** What does not go together in what the kiosk speaks with: payment, broker, display. */
export function serviceChecks(config: Config, plugIns: Pick<PlugIns, "displayChecks">): Found[] {
  return [
    ...timingChecks(config),
    ...unattendedChecks(config),
    ...stickerChecks(config),
    ...displayChecks(config, plugIns),
    ...listenChecks(config),
    ...mqttChecks(config),
    ...reconcileChecks(config),
    ...receiptChecks(config),
  ];
}

function timingChecks(config: Config): Found[] {
  const { offerTimeout, requestTimeout } = config.payment.seqr;
  const { commitTimeoutMs, settleMarginMs } = timingOf(config);
  const at = ["payment", "seqr"];
  const other = [...at, "commitTimeout"];
  const longestMs = latestOfferMs({ commitTimeoutMs, settleMarginMs });
  const found: Found[] = [];
  if (offerTimeout > longestMs) {
    const expected =
      longestMs < LEAST_OFFER_MS ? "a commitTimeout of at least 4m" : `at most ${Math.floor(longestMs / 1_000)}s`;
    const hint = "after a late scan there must be time to deliver and to settle";
    found.push({
      path: [...at, "offerTimeout"],
      message: sentence({ found: durationText(offerTimeout), expected, hint }),
      other,
    });
  }
  if (requestTimeout > settleMarginMs) {
    const expected = `at most ${Math.floor(settleMarginMs / 1_000)}s`;
    const hint = "a call must fit into the last quarter of commitTimeout";
    found.push({
      path: [...at, "requestTimeout"],
      message: sentence({ found: durationText(requestTimeout), expected, hint }),
      other,
    });
  }
  return found;
}

const LEAST_OFFER_MS = 45_000;

function unattendedChecks({ payment }: Config): Found[] {
  const path = ["payment", "seqr", "unattended"];
  const { unattended } = payment.seqr;
  if (unattended === undefined) return [];
  const { certFile, keyFile, listen } = unattended;
  const half = halfPair(path, certFile, keyFile);
  if (half !== null) return [half];
  if (isLoopback(listen.host) || certFile !== undefined) return [];
  const found = shownListen(listen);
  const expected = "a loopback address behind a proxy, or certFile and keyFile";
  return [{ path: [...path, "listen"], message: sentence({ found, expected, example: `127.0.0.1:${listen.port}` }) }];
}

function shownListen({ host, port }: { readonly host: string; readonly port: number }): string {
  return shown(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
}

function halfPair(path: Path, certFile: string | undefined, keyFile: string | undefined): Found | null {
  if ((certFile === undefined) === (keyFile === undefined)) return null;
  const [there, missing] = certFile === undefined ? ["keyFile", "certFile"] : ["certFile", "keyFile"];
  const message = sentence({
    found: `${there} without ${missing}`,
    expected: "certFile and keyFile together, or neither",
  });
  return { path: [...path, there], message };
}

/** A sticker shows whatever bill its terminal has open, so the terminal must have one. */
function stickerChecks({ positions }: Config): Found[] {
  return positions.flatMap(({ code, seqrId }, index) => {
    if (code !== "sticker" || seqrId !== undefined) return [];
    const expected = "seqrId beside it, the id of the printed code";
    return [
      {
        path: ["positions", index, "code"],
        message: sentence({ found: "sticker", expected, example: "seqrId: AB12CD" }),
      },
    ];
  });
}

function displayChecks({ display, positions }: Config, plugIns: Pick<PlugIns, "displayChecks">): Found[] {
  const { listen, tokenFile } = display;
  const own = plugIns.displayChecks(display, positions.length);
  if (isLoopback(listen.host) || tokenFile !== undefined) return [...own];
  const found = shownListen(listen);
  const message = sentence({
    found,
    expected: "a loopback address, or tokenFile beside it",
    example: `127.0.0.1:${listen.port}`,
    hint: "anybody on the network could press the buttons",
  });
  return [{ path: ["display", "listen"], message }, ...own];
}

/** Two servers of one daemon cannot have one port. */
function listenChecks({ display, payment }: Config): Found[] {
  const { unattended } = payment.seqr;
  if (unattended === undefined || unattended.listen.port === 0) return [];
  const [one, other] = [display.listen, unattended.listen];
  const meets = one.host === other.host || [one.host, other.host].some((host) => ["0.0.0.0", "::"].includes(host));
  const bothLoopback = one.host !== "::1" && other.host !== "::1" && isLoopback(one.host) && isLoopback(other.host);
  if (one.port !== other.port || !(meets || bothLoopback)) return [];
  const message = sentence({
    found: `port ${one.port} a second time`,
    expected: "a port of its own",
    example: String(nextPort(one.port)),
  });
  return [{ path: ["display", "listen"], message, other: ["payment", "seqr", "unattended", "listen"] }];
}

function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : port - 1;
}

function mqttChecks({ mqtt }: Config): Found[] {
  if (mqtt === undefined) return [];
  const { url: urls, caFile, certFile, keyFile, passwordFile } = mqtt;
  const path = ["mqtt", "url"];
  const half = halfPair(["mqtt"], certFile, keyFile);
  if (half !== null) return [half];
  const again = urls.find((each, index) => urls.indexOf(each) !== index);
  const found: Found[] =
    again === undefined
      ? []
      : [{ path, message: sentence({ found: `${shown(again)} twice`, expected: "each broker once" }) }];
  const plain = urls.find((each) => each.startsWith("mqtt:"));
  if (plain !== undefined && (caFile !== undefined || certFile !== undefined)) {
    found.push({
      path,
      message: sentence({
        found: shown(plain),
        expected: "mqtts:// where certificates are given",
        example: secure(plain),
      }),
    });
  }
  if (passwordFile !== undefined && mqtt.username === undefined) {
    const message = sentence({
      found: "passwordFile without username",
      expected: "both",
      example: "username: kiosk-1",
    });
    found.push({ path: ["mqtt", "passwordFile"], message });
  }
  const open = urls.find((each) => {
    const { protocol, hostname, password } = new URL(each);
    return protocol === "mqtt:" && !isLoopback(hostname) && (passwordFile !== undefined || password !== "");
  });
  if (open === undefined) return found;
  const hint = "on a plain line anybody on the way reads the password; only to this machine itself it may go so";
  return [
    ...found,
    {
      path,
      message: sentence({
        found: `${shown(open)} with a password`,
        expected: "mqtts:// to another machine",
        example: secure(open),
        hint,
      }),
    },
  ];
}

function secure(url: string): string {
  return url.replace(/^mqtt:/, "mqtts:").replace(/:1883\b/, ":8883");
}

/** The merchant's own account alone may read the books. */
function reconcileChecks({ schedule, payment }: Config): Found[] {
  if (schedule.reconcile === undefined || payment.seqr.reseller !== undefined) return [];
  const message = sentence({
    found: "a schedule",
    expected: "payment.seqr.reseller with it, who may read the books",
    example: 'reseller: { id: demo-shop, userId: "9900", passwordFile: secrets/reseller }',
  });
  return [{ path: ["schedule", "reconcile"], message }];
}

const TYPE_OF: Readonly<Record<string, string>> = { text: "text/plain", html: "text/html" };

/** The customer's app shows a receipt as what the service is told that it is. */
function receiptChecks({ payment }: Config): Found[] {
  const { receipt } = payment.seqr;
  const other = Object.values(TYPE_OF).find((type) => type === receipt?.mimeType);
  if (receipt === undefined || other === undefined || (TYPE_OF[receipt.content] ?? other) === other) return [];
  const expected = `${TYPE_OF[receipt.content]} with content: ${receipt.content}`;
  const at = ["payment", "seqr", "receipt"];
  const message = sentence({ found: shown(other), expected });
  return [{ path: [...at, "mimeType"], message, other: [...at, "content"] }];
}
