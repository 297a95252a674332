import { WebSocket } from "ws";
import { type ChargerOptions, SimulatedCharger } from "./charger.ts";
import type { SimulatedTime } from "./time.ts";

const MOST_DELAY_MS = 2 ** 31 - 1;

const REAL_TIME: SimulatedTime = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(delayMs, MOST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};

export interface Access {
  /** With the charger's identity as the last part of its path; in it name and password where one is asked for. */
  readonly url: string;
  /** The certificate that the other end must show; as the machine has it unless given. */
  readonly ca?: string;
}

/** A charger that comes to an address, again and again until it is let in. */
export function startCharger({ url, ca }: Access, options: ChargerOptions): SimulatedCharger {
  const { username, password } = new URL(url);
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = password === "" ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  return new SimulatedCharger(options, REAL_TIME, (charger) => {
    const spoken = charger.quirks.has("no-subprotocol") ? [] : ["ocpp1.6"];
    const socket = new WebSocket(bare, spoken, {
      headers,
      handshakeTimeout: 5_000,
      ...(ca === undefined ? {} : { ca }),
    });
    const wire = {
      send: (text: string) => {
        if (socket.readyState === socket.OPEN) socket.send(text);
      },
      close: () => socket.terminate(),
    };
    let isOpen = false;
    socket.on("open", () => {
      isOpen = true;
      charger.opened(wire);
    });
    socket.on("message", (data) => charger.received(String(data)));
    socket.on("error", () => undefined);
    socket.on("close", () => charger.lost(isOpen ? wire : null));
  });
}
