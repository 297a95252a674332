import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { onTestFinished } from "vitest";
import {
  type RemoteOffersListener,
  startRemoteOffersListener,
} from "../../../../src/payments/seqr/remote-offers/listener.ts";
import type { Log, LogFields } from "../../../../src/ports/log.ts";
import type { RemoteOffer, RemoteOffers } from "../../../../src/ports/remote-offers.ts";
import { clockOf, VirtualTime } from "../../../support/virtual-clock.ts";

export const SECRET = "s3cret-of-sixteen-and-more";
export const MSISDN = "46700123442";
export const OFFERED: RemoteOffer = { kind: "offered", reference: "R-1" };

type Settings = Parameters<typeof startRemoteOffersListener>[0];

const SETTINGS: Settings = {
  host: "127.0.0.1",
  port: 0,
  merchantId: "M1",
  secret: SECRET,
  tls: null,
  requestsPerMinute: 30,
  publicUrl: "https://pay.example.org/kiosk/",
  currency: "SEK",
  positions: ["1", "pump-2"],
};

export const PURCHASE = {
  reservationToken: "1",
  reservationAmount: "300.00",
  currency: "SEK",
  msisdn: MSISDN,
};

/** The engine as the listener sees it: what it was asked, and the answer it gives. */
class FakeOffers implements RemoteOffers {
  readonly asked: { readonly position: string; readonly reservationMinor: number }[] = [];
  readonly woken: string[] = [];
  answer: () => Promise<RemoteOffer> = async () => OFFERED;

  offerTo(position: string, reservationMinor: number): Promise<RemoteOffer> {
    this.asked.push({ position, reservationMinor });
    return this.answer();
  }

  wake(position: string): void {
    this.woken.push(position);
  }
}

export interface Bench {
  readonly listener: RemoteOffersListener;
  readonly offers: FakeOffers;
  readonly time: VirtualTime;
  /** All that was logged, as one text. */
  readonly logged: () => string;
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly purchase: (changes?: object) => Promise<Answer>;
}

export async function startBench(changes: Partial<Settings> = {}): Promise<Bench> {
  const time = new VirtualTime(1_700_000_000_000);
  const offers = new FakeOffers();
  const { log, logged } = recordingLog();
  const clock = clockOf(time, { number: 1, alive: true });
  const listener = await startRemoteOffersListener({ ...SETTINGS, ...changes }, offers, {
    dropped: () => {},
    clock,
    log,
  });
  onTestFinished(() => listener.close());
  const post: Bench["post"] = (path, body, headers = {}) => {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return send(listener.url, "POST", path, text, { "content-type": "application/json", ...headers });
  };
  const purchase: Bench["purchase"] = (fields = {}) => post(`/${SECRET}/createPurchase`, { ...PURCHASE, ...fields });
  return { listener, offers, time, logged, post, purchase };
}

/** Lets time pass as if by itself: a timer marks its end. */
export async function pass(time: VirtualTime, durationMs: number): Promise<void> {
  const endMs = time.elapsedMs + durationMs;
  time.after(durationMs, () => {});
  while (time.elapsedMs < endMs) await time.step();
}

function recordingLog(): { readonly log: Log; readonly logged: () => string } {
  const lines: string[] = [];
  const write = (fields: LogFields, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { log: { debug: write, info: write, warn: write, error: write }, logged: () => lines.join("\n") };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** The path goes out as it is, unlike with `fetch`. */
export function send(
  url: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  ca?: string,
): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url);
  const options = {
    hostname,
    port,
    path,
    method,
    headers: { ...headers, "content-length": Buffer.byteLength(body ?? "") },
  };
  return new Promise((resolve, reject) => {
    const request =
      protocol === "https:" ? httpsRequest({ ...options, ...(ca === undefined ? {} : { ca }) }) : httpRequest(options);
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers: got } = response;
        resolve({ status: statusCode, text, json: text === "" ? null : JSON.parse(text), headers: got });
      });
    });
    request.end(body);
  });
}
