import type { SerialLine } from "../../platform/serial/line.ts";
import { openNetLine, openSerialLine } from "../../platform/serial/open.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { answersFraming, type Frame } from "./codec.ts";
import { MbapFraming, overTcp } from "./mbap.ts";
import { networkPlace } from "./place.ts";

/** Silence on a network is no silence on the wire behind it: this is what a gateway needs to tell two messages apart. */
const GATEWAY_GAP_MS = 20;

interface Place {
  /** A serial port, or `tcp://HOST:PORT`. */
  readonly port: string;
  readonly framing: "tcp" | "rtu";
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** A serial line, a meter that speaks Modbus TCP, or a gateway to a serial line. */
export function openBus({ port: path, framing, ...line }: Place, clock: Clock, log: Log): SerialLine<Frame> {
  const place = networkPlace(path);
  if (place === null) {
    const gapMs = Math.ceil(38_500 / line.baudRate);
    return openSerialLine({ path, ...line, gapMs }, answersFraming(), clock, log);
  }
  if (framing === "rtu") return openNetLine({ path, ...place, gapMs: GATEWAY_GAP_MS }, answersFraming(), clock, log);
  return overTcp(openNetLine({ path, ...place }, new MbapFraming(), clock, log));
}
