import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { Service } from "../../../ports/service.ts";

/** What systemd gives a service of `Type=notify` in its environment (sd_notify(3), sd_watchdog_enabled(3)). */
export interface Surroundings {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
}

/** A unit's watchdog is fed three times in its time, so that one late beat does not kill the daemon. */
const BEATS = 3;

/** Talks to systemd when it started the daemon, and to nobody otherwise. */
export async function systemdService(surroundings: Surroundings, clock: Clock, log: Log): Promise<Service> {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdogUs } = surroundings;
  if (socket === undefined) return { ready: () => {}, stopping: () => {}, watch: () => {}, close: () => {} };
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

  return {
    ready: () => send("READY=1"),
    stopping: () => send("STOPPING=1"),
    watch: beat,
    close: () => {
      cancel();
      wire.close();
    },
  };
}
