import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Service } from "../../ports/service.ts";

/** What systemd gives a service of `Type=notify` in its environment (sd_notify(3), sd_watchdog_enabled(3)). */
export interface Surroundings {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
}

/** A unit's watchdog is fed three times in its time, so that one late beat does not kill the daemon. */
const BEATS = 3;

/** While a start takes long its time-out is put off again and again, each time by this. */
const PATIENCE_MS = 30_000;
const PATIENCE_EVERY_MS = 10_000;
/** A journal of ten years that is brought up to date on the slowest board has ended long before. */
const PATIENCE_MOST_MS = 3_600_000;

/** Talks to systemd when it started the daemon, and to nobody otherwise. */
export async function systemdService(surroundings: Surroundings, clock: Clock, log: Log): Promise<Service> {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdogUs } = surroundings;
  if (socket === undefined) return NOBODY;
  const path = socket.replace(/^@/, "\0");
  const { default: unix } = await import("unix-dgram");
  const wire = unix.createSocket("unix_dgram");
  wire.on("error", (error) => log.warn({ error: String(error) }, "systemd does not listen"));
  const send = (text: string): void => {
    const message = Buffer.from(text);
    wire.send(message, 0, message.length, path, () => undefined);
  };
  const beatMs = watchdogUs === undefined ? null : Number(watchdogUs) / 1_000 / BEATS;
  let cancel: Cancel = () => {};

  function beat(isWell: () => boolean): void {
    if (beatMs === null) return;
    if (isWell()) send("WATCHDOG=1");
    cancel = clock.after(beatMs, () => beat(isWell));
  }

  async function patience<T>(work: Promise<T>): Promise<T> {
    const endMs = clock.monotonicMs() + PATIENCE_MOST_MS;
    let cancelNext: Cancel = () => {};
    const ask = (): void => {
      if (clock.monotonicMs() >= endMs) return;
      send(`EXTEND_TIMEOUT_USEC=${PATIENCE_MS * 1_000}`);
      cancelNext = clock.after(PATIENCE_EVERY_MS, ask);
    };
    cancelNext = clock.after(PATIENCE_EVERY_MS, ask);
    return await work.finally(() => cancelNext());
  }

  return {
    patience,
    ready: () => send("READY=1"),
    stopping: () => send("STOPPING=1"),
    watch: beat,
    close: () => {
      cancel();
      wire.close();
    },
  };
}

const NOBODY: Service = {
  patience: (work) => work,
  ready: () => {},
  stopping: () => {},
  watch: () => {},
  close: () => {},
};
