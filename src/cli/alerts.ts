import { CliError } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import type { Notice } from "../telemetry/alerts/notice.ts";
import { messageOf } from "../telemetry/alerts/outgoing.ts";
import { alertSenders } from "../wiring/alerts.ts";
import { loadConfig } from "../wiring/load.ts";

/** Sends a message every way that the configuration names, and says what became of each. */
export async function test({ config: file }: { readonly config: string }): Promise<void> {
  const loaded = loadConfig(file);
  const senders = await alertSenders(loaded);
  if (senders.length === 0) {
    throw new CliError(`${loaded.file}: alerts: names no way to a person: add webhook, ntfy, telegram or email.`);
  }
  const nowMs = Date.now();
  const notice: Notice = {
    what: "test",
    severity: "warning",
    code: "test",
    position: null,
    sinceMs: nowMs,
    atMs: nowMs,
    title: "test",
    text: "Alerts of this kiosk arrive here. Nothing is wrong.",
  };
  let failed = 0;
  for (const sender of senders) {
    const outcome = await sender.send(messageOf(loaded.config.kiosk.id, [notice]));
    if (outcome.kind === "done") print(told`${sender.name}: sent`);
    else {
      failed++;
      print(told`${sender.name}: ${outcome.kind === "declined" ? "refused" : "did not arrive"}: ${outcome.detail}`);
    }
  }
  if (failed > 0) throw new CliError(`${failed} of ${senders.length} ways do not work.`);
}
