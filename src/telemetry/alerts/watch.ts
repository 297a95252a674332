import { adviceFor, type Fault, type FaultCode, type Severity, severity } from "../../core/faults.ts";
import type { Notice } from "./notice.ts";

export interface WatchSettings {
  /** How long something must be wrong, or be well again, before it is told. */
  readonly afterMs: number;
  /** After how long it is told again. */
  readonly repeatMs: number;
  readonly leaveOut: ReadonlySet<FaultCode>;
  /** Hours of local time, `22:00`, in which a phone stays silent. */
  readonly quiet: { readonly from: string; readonly to: string; readonly keeps: "warnings" | "everything" } | null;
  /** How long nothing may be sold before it is told; null for ever. */
  readonly noSaleMs: number | null;
}

/** A moment by each clock that it is told by. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** `2026-11-30 14:05` */
  readonly local: string;
}

/** Something that is or was wrong. */
interface Known {
  readonly code: Notice["code"];
  readonly position: string | null;
  readonly severity: Severity;
  /** As it stood last. */
  sinceMs: number;
  text: string;
  /** In monotonic time. */
  readonly seenMs: number;
  toldMs: number | null;
  wellMs: number | null;
}

const HOUR_MS = 3_600_000;

/** Decides what a person is told, and when: once, again while it lasts, and that it is over. Bounded by the faults that there are. */
export class AlertWatch {
  readonly #settings: WatchSettings;
  readonly #known = new Map<string, Known>();
  #lastSale: Moment | null = null;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Something is dispensed. */
  sold(now: Moment): void {
    this.#lastSale = now;
  }

  /** What is to be told now; `faults` is all that is wrong. To be called every few seconds. */
  look(faults: readonly Fault[], now: Moment): readonly Notice[] {
    this.#lastSale ??= now;
    const present = new Map<string, Known>();
    for (const fault of faults) {
      if (this.#settings.leaveOut.has(fault.code)) continue;
      const { code, position, sinceMs, detail } = fault;
      const text = `${detail}\n${adviceFor(fault)}`;
      this.#see(present, { code, position, severity: severity(code), sinceMs, text }, now);
    }
    this.#seeNoSale(present, this.#lastSale, now);
    const notices = [...present.values()].flatMap((known) => this.#raised(known, now));
    for (const [key, known] of this.#known) {
      if (!present.has(key)) notices.push(...this.#over(key, known, now));
    }
    return notices;
  }

  #see(
    present: Map<string, Known>,
    seen: Pick<Known, "code" | "position" | "severity" | "sinceMs" | "text">,
    now: Moment,
  ): void {
    const key = `${seen.code} ${seen.position ?? ""}`;
    const known = this.#known.get(key) ?? { ...seen, seenMs: now.monotonicMs, toldMs: null, wellMs: null };
    known.text = seen.text;
    known.sinceMs = seen.sinceMs;
    known.wellMs = null;
    this.#known.set(key, known);
    present.set(key, known);
  }

  #seeNoSale(present: Map<string, Known>, last: Moment, now: Moment): void {
    const { noSaleMs } = this.#settings;
    if (noSaleMs === null || now.monotonicMs - last.monotonicMs < noSaleMs) return;
    const text = `Nothing was sold for ${Math.round(noSaleMs / HOUR_MS)} h, since ${last.local}.\nBuy something yourself; \`kioskd doctor\` walks through what a sale needs.`;
    this.#see(present, { code: "no-sale", position: null, severity: "warning", sinceMs: last.wallMs, text }, now);
  }

  #raised(known: Known, now: Moment): readonly Notice[] {
    const { afterMs, repeatMs } = this.#settings;
    const isFirst = known.toldMs === null;
    const fromMs = known.toldMs ?? known.seenMs;
    if (now.monotonicMs - fromMs < (isFirst ? afterMs : repeatMs) || this.#isQuiet(known, now)) return [];
    known.toldMs = now.monotonicMs;
    return [noticeOf(isFirst ? "raised" : "lasts", known, now)];
  }

  #over(key: string, known: Known, now: Moment): readonly Notice[] {
    known.wellMs ??= now.monotonicMs;
    if (known.toldMs === null) {
      this.#known.delete(key);
      return [];
    }
    if (now.monotonicMs - known.wellMs < this.#settings.afterMs || this.#isQuiet(known, now)) return [];
    this.#known.delete(key);
    return [noticeOf("over", known, now)];
  }

  #isQuiet({ severity: ofKnown }: Known, { local }: Moment): boolean {
    const { quiet } = this.#settings;
    if (quiet === null || (ofKnown === "blocking" && quiet.keeps === "warnings")) return false;
    const time = local.slice(-5);
    const { from, to } = quiet;
    return from <= to ? from <= time && time < to : from <= time || time < to;
  }
}

const TITLES: Readonly<Record<Exclude<Notice["what"], "test">, string>> = {
  raised: "",
  lasts: "still ",
  over: "over: ",
};

function noticeOf(what: "raised" | "lasts" | "over", known: Known, { wallMs }: Moment): Notice {
  const { code, position, severity: ofKnown, sinceMs, text } = known;
  const place = position === null ? "" : ` at ${position}`;
  const lasted = `It was so for ${lastedText(wallMs - sinceMs)}.`;
  return {
    what,
    severity: ofKnown,
    code,
    position,
    sinceMs,
    atMs: wallMs,
    title: `${TITLES[what]}${code}${place}`,
    text: what === "over" ? lasted : text,
  };
}

function lastedText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
