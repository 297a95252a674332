import type { Loaded } from "../config/load.ts";
import type { Look } from "../displays/night.ts";
import type { WebDisplaySettings } from "../displays/web/settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { CustomerInput, Display, Health } from "../ports/display.ts";
import type { Log } from "../ports/log.ts";
import type { Observer } from "../ports/metrics.ts";

interface DisplayDeps {
  readonly input: CustomerInput;
  readonly health: () => Health;
  readonly metrics: () => Promise<string>;
  readonly dropped: Observer["connectionDropped"];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What the customer looks at, and the HTTP interface beside it, which is served in any case. What `watch` tells is
 * about the customer's own screen. Rejects when the address is taken.
 */
export async function openDisplay(loaded: Loaded, deps: DisplayDeps): Promise<Display & { readonly url: string }> {
  const { startWebDisplay } = await import("../displays/web/server.ts");
  const { config, secrets } = loaded;
  const { display } = config;
  const common = {
    locales: config.kiosk.locales,
    kioskName: config.kiosk.name,
    support: config.kiosk.support ?? null,
    panel: display.panel ?? null,
    readingDistanceMm: display.readingDistanceMm,
    look: lookOf(display.look),
    timezone: config.kiosk.timezone ?? null,
  };
  const idle =
    display.driver === "web"
      ? {
          logo: display.logo ?? null,
          slides: display.slides ?? null,
          dim: { afterMs: display.dim.after, percent: display.dim.percent },
        }
      : { logo: null, slides: null, dim: null };
  const web = await startWebDisplay(
    { ...display.listen, token: secrets.at(["display", "tokenFile"]), ...common, ...idle },
    deps,
  );
  if (display.driver === "web") return web;
  const screen = await openScreen(display, common, deps).catch(async (error: unknown) => {
    await web.close();
    throw error;
  });
  return {
    url: web.url,
    show: (view) => {
      screen.show(view);
      web.show(view);
    },
    watch: (listener) => screen.watch(listener),
    close: async () => {
      await Promise.all([screen.close(), web.close()]);
    },
  };
}

function lookOf({ theme, night, colour }: Loaded["config"]["display"]["look"]): Look {
  return { theme, night: { fromMinute: minuteOf(night.from), toMinute: minuteOf(night.to) }, colour: colour ?? null };
}

/** Of a time of day that the schema has let pass. */
function minuteOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(":").map(Number);
  return hours * 60 + minutes;
}

type ScreenConfig = Exclude<Loaded["config"]["display"], { driver: "web" }>;

async function openScreen(
  display: ScreenConfig,
  common: Pick<
    WebDisplaySettings,
    "locales" | "kioskName" | "support" | "panel" | "readingDistanceMm" | "look" | "timezone"
  >,
  deps: DisplayDeps,
): Promise<Display> {
  if (display.driver === "terminal") {
    const { openTerminalDisplay } = await import("../displays/terminal/terminal.ts");
    return await openTerminalDisplay({ ...common, device: display.device ?? null }, deps);
  }
  const { openFramebufferDisplay } = await import("../displays/framebuffer/framebuffer.ts");
  const { device, rotate, touch, keys } = display;
  return await openFramebufferDisplay({ ...common, device, rotate, touch: touch ?? null, keys: keys ?? null }, deps);
}
