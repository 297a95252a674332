import { PLAIN_LOOK } from "../../../src/displays/night.ts";
import { startWebDisplay } from "../../../src/displays/web/server.ts";
import type { WebDisplaySettings } from "../../../src/displays/web/settings.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { CustomerInput, Display, Health, InputAnswer } from "../../../src/ports/display.ts";
import type { Log } from "../../../src/ports/log.ts";
import type { DropReason } from "../../../src/ports/metrics.ts";

interface Pressed {
  readonly action: "select" | "stop" | "cancel" | "extend";
  readonly position: string;
  readonly maximum?: string;
  readonly unitPrice?: string | null;
}

/** The adapter on a free port of this machine, with an input that records and answers what it is told to. */
export async function startTestDisplay(
  changes: Partial<WebDisplaySettings> = {},
  clock: Clock = systemClock(),
): Promise<TestDisplay> {
  const pressed: Pressed[] = [];
  const logged: string[] = [];
  const control: { answer: InputAnswer | Error; health: Health } = {
    answer: { kind: "taken" },
    health: { ok: true, reasons: [], advice: [], positions: [] },
  };
  const take = async (press: Pressed): Promise<InputAnswer> => {
    pressed.push(press);
    if (control.answer instanceof Error) throw control.answer;
    return control.answer;
  };
  const input: CustomerInput = {
    select: (position, maximum, unitPrice) => take({ action: "select", position, maximum, unitPrice }),
    stop: (position) => take({ action: "stop", position }),
    cancel: (position) => take({ action: "cancel", position }),
    extend: (position) => take({ action: "extend", position }),
  };
  const drops: DropReason[] = [];
  const dropped = (_listener: unknown, reason: DropReason): void => void drops.push(reason);
  const keep = (_fields: unknown, message: string): void => void logged.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const settings = {
    host: "127.0.0.1",
    port: 0,
    token: null,
    locales: ["sv", "en"],
    kioskName: "Demo station",
    support: null,
    panel: null,
    readingDistanceMm: 600,
    look: PLAIN_LOOK,
    logo: null,
    timezone: null,
    slides: null,
    dim: null,
  };
  const display = await startWebDisplay(
    { ...settings, ...changes },
    { input, health: () => control.health, metrics: async () => "kioskd_sales_total 7\n", dropped, clock, log },
  );
  return { display, pressed, logged, drops, control, port: Number(new URL(display.url).port) };
}

export interface TestDisplay {
  readonly display: Display & { readonly url: string };
  readonly pressed: Pressed[];
  readonly logged: string[];
  readonly drops: DropReason[];
  readonly control: { answer: InputAnswer | Error; health: Health };
  readonly port: number;
}
