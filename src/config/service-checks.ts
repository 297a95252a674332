import { isLoopback } from "../core/loopback.ts";
import { latestOfferMs } from "../core/sale/timing.ts";
import type { PaymentTimes } from "../ports/payment-plug-in.ts";
import { durationText } from "./fields.ts";
import { timingOf } from "./goods.ts";
import { foundAt, partOf, paymentOf, paymentsOf } from "./payment.ts";
import { paymentChecks } from "./payment-checks.ts";
import { factsOf, type PlugIns } from "./plug-ins.ts";
import { type Found, halfPair, type Path, sentence, shown, shownListen } from "./problem.ts";
import type { Config } from "./schema.ts";

/** What does not go together in what the kiosk speaks with: payment, broker, display. */
export function serviceChecks(config: Config, plugIns: PlugIns): Found[] {
  const payment = paymentOf(plugIns, config);
  const part = partOf(config);
  return [
    ...timingChecks(payment.times(part.section), ["payment", payment.name]),
    ...paymentChecks(config, plugIns),
    ...paymentsOf(plugIns, config).flatMap((each) => foundAt(each, each.plugIn.problems(each.part))),
    ...displayChecks(config, plugIns),
    ...listenChecks(config.display.listen, [...payment.listens(part.section), ...devicesListens(config, plugIns)]),
    ...mqttChecks(config),
    ...alertChecks(config),
    ...operatorChecks(config, [...payment.listens(part.section), ...devicesListens(config, plugIns)]),
  ];
}

/** A sale must end early enough before its hold does, whatever the payment service. */
function timingChecks(times: PaymentTimes, at: Path): Found[] {
  const { offerTimeout, requestTimeout } = times;
  const { commitTimeoutMs, settleMarginMs } = timingOf(times);
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

function displayChecks(config: Config, plugIns: PlugIns): Found[] {
  const { display, positions } = config;
  const { listen, tokenFile } = display;
  const { longestCodeChars } = paymentOf(plugIns, config).limits(partOf(config));
  const own = plugIns.displayChecks(display, positions.length, longestCodeChars);
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

type Listen = Config["display"]["listen"];

/** Customers never see it: it has a port of its own. */
function operatorChecks({ operator, display }: Config, others: readonly Listening[]): Found[] {
  if (operator === undefined) return [];
  const { listen: host, port, certFile, keyFile } = operator;
  const half = halfPair(["operator"], certFile, keyFile);
  const taken = [{ at: ["display", "listen"], listen: display.listen }, ...others];
  return [...(half === null ? [] : [half]), ...listenChecks({ host, port }, taken, ["operator", "port"])];
}

interface Listening {
  readonly at: Path;
  readonly listen: Listen;
}

/** Two servers of one daemon cannot have one port. */
function listenChecks(one: Listen, others: readonly Listening[], path: Path = ["display", "listen"]): Found[] {
  const other = others.find(({ listen }) => listen.port !== 0 && listen.port === one.port && meets(one, listen));
  if (other === undefined) return [];
  const message = sentence({
    found: `port ${one.port} a second time`,
    expected: "a port of its own",
    example: String(nextPort(one.port)),
  });
  return [{ path, message, other: other.at }];
}

/** Where devices come to. */
function devicesListens(
  { positions }: Config,
  plugIns: PlugIns,
): readonly { readonly at: Path; readonly listen: Listen }[] {
  return positions.flatMap(({ dispenser }, index) => {
    const listen = factsOf(plugIns, dispenser).port?.listens;
    return listen === undefined ? [] : [{ at: ["positions", index, "dispenser", "listen"], listen }];
  });
}

function meets(one: Listen, other: Listen): boolean {
  if (one.host === other.host || [one.host, other.host].some((host) => ["0.0.0.0", "::"].includes(host))) return true;
  return one.host !== "::1" && other.host !== "::1" && isLoopback(one.host) && isLoopback(other.host);
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

/** A token or a password goes over an encrypted line, but to this machine itself. */
function alertChecks({ alerts }: Config): Found[] {
  if (alerts === undefined) return [];
  const { webhook, ntfy, telegram, email } = alerts;
  const found: Found[] = [];
  for (const [name, way] of Object.entries({ webhook, ntfy, telegram })) {
    if (way?.tokenFile === undefined) continue;
    const { protocol, hostname } = new URL(way.url);
    if (protocol === "https:" || isLoopback(hostname)) continue;
    const path = ["alerts", name, "url"];
    found.push({
      path,
      message: sentence({ found: `${way.url} with a token`, expected: "https:// to another machine" }),
    });
  }
  if (email === undefined) return found;
  const { username, passwordFile, security, host } = email;
  if ((username === undefined) !== (passwordFile === undefined)) {
    const message = sentence({
      found: `${username === undefined ? "passwordFile" : "username"} alone`,
      expected: "both or none",
    });
    found.push({ path: ["alerts", "email", username === undefined ? "passwordFile" : "username"], message });
  }
  if (security === "none" && !isLoopback(host)) {
    const message = sentence({ found: `none to ${host}`, expected: "starttls or tls to another machine" });
    found.push({ path: ["alerts", "email", "security"], message });
  }
  return found;
}

function secure(url: string): string {
  return url.replace(/^mqtt:/, "mqtts:").replace(/:1883\b/, ":8883");
}
