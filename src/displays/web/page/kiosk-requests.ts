import type { Look } from "../../night.ts";
import type { Panel } from "../../panel.ts";
import { type RefusalLabel, type Request, refusalLabel } from "../../screen.ts";

/** What the kiosk tells the page once, at its start. */
export interface Settings {
  readonly kioskName: string;
  readonly locales: readonly string[];
  readonly support: string | null;
  readonly panel: Pick<Panel, "widthPx" | "heightPx" | "widthMm" | "heightMm"> | null;
  readonly readingDistanceMm: number;
  readonly slides: readonly string[];
  readonly look: Look;
  /** Where the owner's own sign is; null without one. */
  readonly logo: string | null;
  readonly timezone: string | null;
  /** How much of its brightness the screen keeps when it is idle. */
  readonly dim: { readonly afterMs: number; readonly percent: number } | null;
}

/** By which the kiosk knows that events and heartbeats are of one page. */
export const PAGE = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36))
  .join("")
  .padEnd(8, "0");

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_MS = 3_000;
const MOST_STOPS = 3;
const HEARTBEAT_MS = 2_000;

/** Tries until the kiosk answers. */
export function loadSettings(loaded: (settings: Settings) => void): void {
  fetch("/api/settings", { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    .then(async (response) => {
      if (!response.ok) throw new Error(`The settings are refused with ${response.status}.`);
      loaded(await response.json());
    })
    .catch(() => setTimeout(() => loadSettings(loaded), RETRY_MS));
}

/** Why the kiosk has not taken it; null when it has. */
export async function press(position: string, action: Request): Promise<RefusalLabel | null> {
  const body = action.kind === "select" ? { reserve: action.reserve, unitPrice: action.unitPrice } : {};
  const path = `/api/positions/${encodeURIComponent(position)}/${action.kind}`;
  let response = await post(path, body);
  // A connection may be lost while it is opened; a stop may come twice.
  for (let again = 0; response === null && action.kind === "stop" && again < MOST_STOPS; again += 1) {
    response = await post(path, body);
  }
  if (response?.ok === true) return null;
  const refused: unknown = await response?.json().catch(() => null);
  // Only another price in force comes with a price.
  const isOther = typeof refused === "object" && refused !== null && "unitPrice" in refused;
  return refusalLabel(isOther ? "other-price" : "conflict");
}

/** Tells the kiosk that somebody can read the page: only while it is fresh and the browser draws its frames. */
export function beat(isFresh: () => boolean): void {
  let isAsked = false;
  setInterval(() => {
    if (isAsked) return;
    isAsked = true;
    // The second frame comes after the first was drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        isAsked = false;
        if (isFresh()) void post(`/api/display/heartbeat?page=${PAGE}`, {});
      }),
    );
  }, HEARTBEAT_MS);
}

/** Null when no answer came. */
async function post(path: string, body: Readonly<Record<string, string>>): Promise<Response | null> {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch {
    return null;
  }
}
