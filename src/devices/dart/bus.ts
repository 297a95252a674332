import type { SerialLine } from "../../platform/serial/line.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { type DartFrame, isAddress } from "./codec.ts";
import { type DartDispenser, DartPump, type DartPumpSettings } from "./driver.ts";
import { DartLink } from "./link.ts";

export interface DartBusSettings {
  /** Between polls of a pump that nobody asks anything; 200 unless given. */
  readonly pollMs?: number;
  /**
   * 150 unless given: the standard's 25, the longest frames at 9600 baud, and what an adapter at USB keeps back. A
   * frame's deadline covers its sending.
   */
  readonly answerTimeoutMs?: number;
  /** For one request with its repetitions; 1,500 unless given. */
  readonly requestTimeoutMs?: number;
  /** Frames in a row without an answer, after which a pump counts as silent; 6 unless given. */
  readonly silentAfter?: number;
}

/** Several pumps on one line. */
export interface DartBus {
  /** Takes up a pump; throws a RangeError when its address or nozzle is none, or is taken. */
  pump(settings: DartPumpSettings): DartDispenser;
  /** Ends the polling, then the line. */
  close(): Promise<void>;
}

/** A silent pump is polled this much more seldom, so that it does not hold up the others. */
const SILENT_ROUNDS = 10;
/** Those that have a counter of their volume. */
const NOZZLES = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

export function openDartBus(line: SerialLine<DartFrame>, settings: DartBusSettings, clock: Clock, log: Log): DartBus {
  const { pollMs = 200, answerTimeoutMs = 150, requestTimeoutMs = 1_500, silentAfter = 6 } = settings;
  const links = new Map<number, DartLink>();
  const pumps: DartPump[] = [];
  let closed = false;
  let rounds = 0;
  let round: Promise<void> = Promise.resolve();
  let cancel: Cancel = () => {};

  async function pollAll(): Promise<void> {
    rounds++;
    for (const link of links.values()) {
      if (!closed && (!link.isSilent || rounds % SILENT_ROUNDS === 0)) await link.poll();
    }
  }

  function next(): void {
    cancel = clock.after(pollMs, () => {
      round = pollAll().finally(() => {
        if (!closed) next();
      });
    });
  }

  next();
  return {
    pump: (pumpSettings) => {
      const { address, nozzles } = pumpSettings;
      if (!isAddress(address) || links.has(address)) {
        throw new RangeError(`A DART pump has an address of its own from 0x50 to 0x6F, not 0x${address.toString(16)}.`);
      }
      const own = new Set(nozzles.filter((nozzle) => NOZZLES.has(nozzle)));
      if (own.size === 0 || own.size !== nozzles.length) {
        throw new RangeError(`A DART pump has nozzles 1 to 8, each named once, not ${nozzles.join(", ") || "none"}.`);
      }
      const link = new DartLink(line, { address, answerTimeoutMs, requestTimeoutMs, silentAfter }, clock);
      links.set(address, link);
      const pump = new DartPump(link, pumpSettings, clock, log);
      pumps.push(pump);
      return pump;
    },
    close: async () => {
      closed = true;
      cancel();
      await Promise.all(pumps.map((pump) => pump.close()));
      await round;
      await line.close();
    },
  };
}
