import type { Loaded } from "../config/load.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Sender } from "../telemetry/alerts/notice.ts";

/** The ways to a person that the configuration names, each loaded only when it is named. */
export async function alertSenders({ config, secrets }: Loaded): Promise<readonly Sender[]> {
  const { webhook, ntfy, telegram, email } = config.alerts ?? {};
  const found: Sender[] = [];
  if (webhook !== undefined) {
    const token = secrets.at(["alerts", "webhook", "tokenFile"]);
    found.push((await import("../telemetry/alerts/senders/webhook.ts")).webhook({ url: webhook.url, token }));
  }
  if (ntfy !== undefined) {
    const token = secrets.at(["alerts", "ntfy", "tokenFile"]);
    found.push((await import("../telemetry/alerts/senders/ntfy.ts")).ntfy({ url: ntfy.url, token }));
  }
  if (telegram !== undefined) {
    const token = secrets.at(["alerts", "telegram", "tokenFile"]) ?? "";
    found.push((await import("../telemetry/alerts/senders/telegram.ts")).telegram({ ...telegram, token }));
  }
  if (email !== undefined) {
    const account = { username: email.username ?? null, password: secrets.at(["alerts", "email", "passwordFile"]) };
    found.push((await import("../telemetry/alerts/senders/email.ts")).email({ ...email, ...account }));
  }
  return found;
}

/** The same way to the operator, which also tells a person of what is wrong where the configuration says so. */
export async function withAlerts(
  telemetry: Telemetry,
  loaded: Loaded,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Telemetry> {
  const { alerts: settings, kiosk } = loaded.config;
  if (settings === undefined) return telemetry;
  const { Alerts } = await import("../telemetry/alerts/alerts.ts");
  const { call } = await import("../telemetry/alerts/senders/post.ts");
  const { systemCalendar } = await import("../platform/clock/calendar.ts");
  const calendar = systemCalendar();
  const { heartbeat } = settings;
  const alerts = new Alerts(
    {
      kiosk: kiosk.id,
      afterMs: settings.after,
      repeatMs: settings.repeat,
      leaveOut: new Set(settings.leaveOut),
      quiet: settings.quiet ?? null,
      noSaleMs: settings.noSale ?? null,
    },
    {
      senders: await alertSenders(loaded),
      beat: heartbeat === undefined ? null : () => call({ url: heartbeat, method: "GET" }),
      localTime: (atMs) => calendar.localTime(kiosk.timezone, atMs),
      clock,
      log,
    },
  );
  return {
    start: () => {
      telemetry.start();
      alerts.start();
    },
    publish: (snapshot) => {
      telemetry.publish(snapshot);
      alerts.publish(snapshot);
    },
    report: (health) => telemetry.report(health),
    deliver: (stream, entry) => telemetry.deliver(stream, entry),
    onOrder: (take) => telemetry.onOrder(take),
    onConnection: (listener) => telemetry.onConnection(listener),
    onTrouble: (listener) => telemetry.onTrouble(listener),
    close: async () => {
      alerts.close();
      await telemetry.close();
    },
  };
}
