import type { PositionView } from "../../../core/sale/view.ts";
import { PAGE } from "./kiosk-requests.ts";

/** Two beats of the kiosk and some: a loss is told within 3 s, and one late beat is none. */
const LOST_AFTER_MS = 2_500;
const RETRY_EVERY_MS = 2_500;
const CHECK_EVERY_MS = 250;

interface Listener {
  state(positions: readonly PositionView[]): void;
  /** Called once for each loss; the next `state` ends it. */
  lost(): void;
  /** The kiosk's clock minus this page's `performance.now()`. */
  clock(aheadMs: number): void;
}

interface Heartbeat {
  readonly nowMs: number;
  /** Of the page that the kiosk serves now. */
  readonly pageHash: string;
}

/** Follows the kiosk's events for as long as the page lives, and begins anew whenever they fall silent. */
export function follow(listener: Listener): void {
  let source = open();
  let heardMs = performance.now();
  let openedMs = heardMs;
  let isLost = false;
  let ownHash: string | undefined;

  function open(): EventSource {
    const opened = new EventSource(`/api/events?page=${PAGE}`);
    opened.addEventListener("state", (event) => {
      heardMs = performance.now();
      isLost = false;
      listener.state(JSON.parse(event.data).positions);
    });
    opened.addEventListener("heartbeat", (event) => {
      heardMs = performance.now();
      const { nowMs, pageHash }: Heartbeat = JSON.parse(event.data);
      ownHash ??= pageHash;
      if (pageHash !== ownHash) location.reload();
      listener.clock(nowMs - performance.now());
    });
    return opened;
  }

  setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - heardMs <= LOST_AFTER_MS) return;
    if (!isLost) {
      isLost = true;
      listener.lost();
    }
    // The browser gives up by itself after some answers, and may wait long on a half-open line.
    if (nowMs - openedMs < RETRY_EVERY_MS) return;
    source.close();
    source = open();
    openedMs = nowMs;
  }, CHECK_EVERY_MS);
}
