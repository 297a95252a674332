import { createRequire } from "node:module";
import { z } from "zod";
import { isForeignLine, lineMeant, readLineName } from "../core/line-name.ts";
import { DECIMAL_TEXT } from "../core/money.ts";

/** What a key says of itself, for editors and `docs/configuration.md`: each example is a value as a person writes it. */
export type About = { description: string; examples: unknown[] };

export function about(description: string, ...examples: readonly [unknown, ...unknown[]]): About {
  return { description, examples: [...examples] };
}

const DURATION = /^(\d{1,9})(ms|s|m|h|d|y)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 };

/** "500ms", "10s", "5m", "1h", "1d", "2y" (a year is 365 days) as milliseconds, within bounds. A default is text too: `.prefault("10s")`. */
export function duration(least: string, most: string) {
  return z
    .string()
    .regex(DURATION)
    .transform(durationMs)
    .refine((valueMs) => valueMs >= durationMs(least) && valueMs <= durationMs(most))
    .meta({ form: `duration, ${least} to ${most}` });
}

export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  const unit = match?.[2] as keyof typeof UNIT_MS | undefined;
  return unit === undefined ? Number.NaN : Number(match?.[1]) * UNIT_MS[unit];
}

/** As a person writes it: in the largest unit of which it is a whole number. */
export function durationText(valueMs: number): string {
  const unit =
    (["y", "d", "h", "m", "s"] as const).find((each) => valueMs > 0 && valueMs % UNIT_MS[each] === 0) ?? "ms";
  return `${valueMs / UNIT_MS[unit]}${unit}`;
}

/** Numbers that are money or quantity are written as text: YAML would make 19.90 a float. */
export const decimal = z.string().regex(DECIMAL_TEXT).meta({ form: "decimal in quotes" });

/** An address of which nothing would be lost or fail only when it is used: a host that can be one, and no part beyond. */
export function address(protocol: RegExp) {
  return z.url({ protocol }).superRefine((text, context) => {
    const message = URL.canParse(text) ? wrongAddress(text, new URL(text), protocol) : null;
    if (message !== null) context.addIssue({ code: "custom", message });
  });
}

function wrongAddress(text: string, { protocol, hostname, port, hash }: URL, known: RegExp): string | null {
  if (!known.test(protocol.slice(0, -1))) return null;
  if (/[\p{Z}\p{C}\u2800]/u.test(text)) return "expected an address without blanks and invisible characters";
  if (hash !== "" || text.endsWith("#")) return "expected an address without # and what is behind it";
  if (port === "0") return "expected a port from 1 to 65535";
  if (/^[\d.]+$/.test(hostname) && !/^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(hostname)) {
    return "expected four numbers from 0 to 255 as the host";
  }
  const isName = /^(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?$/.test(hostname);
  return isName || /^\[[\da-f:.]+\]$/i.test(hostname) ? null : "expected a host by its name or its address";
}

export const hostAndPort = z
  .string()
  .transform((text, context) => {
    const match = /^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+):(\d{1,5})$/.exec(text);
    const port = Number(match?.[2]);
    if (match !== null && port > 65_535) {
      context.addIssue({ code: "custom", message: "expected a port up to 65535 behind the host" });
      return z.NEVER;
    }
    if (match?.[1] === undefined || port > 65_535 || !URL.canParse(`http://${text}`)) {
      context.addIssue({ code: "custom" });
      return z.NEVER;
    }
    return { host: match[1].replace(/^\[|\]$/g, ""), port };
  })
  .meta({ form: "`HOST:PORT`" });

/** Part of topics and file names. */
export const identifier = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/)
  .meta({ form: "1 to 64 of `a-z`, `0-9`, `-`" });

/** A file of its own with mode 0600, or `credential:NAME` of systemd. By the mark is known what must never be shown. */
export const secretFile = z
  .string()
  .min(1)
  .max(4096)
  .refine(isNoAddress, "expected a path on this machine")
  .meta({ secret: true, form: "path of a file with mode 0600, or `credential:NAME`" });

export const file = z.string().min(1).refine(isNoAddress, "expected a path on this machine").meta({ form: "path" });

function isNoAddress(text: string): boolean {
  return !/^[a-z][a-z\d+.-]*:\/\//i.test(text);
}

/** Minute, hour, day of month, month, day of week, in the kiosk's time zone. What some cron has beside it means nothing here. */
const CRON = /^(?:[\d*,/-]+[ \t]+){3}(?:[\d*,/-]|[A-Za-z]{3})+[ \t]+(?:[\d*,/-]|[A-Za-z]{3})+$/;
const NAMES_AND_LASTS = [
  ["minute", 59],
  ["hour", 23],
  ["day", 31],
  ["month", 12],
  ["weekday", 7],
] as const;

/** The package brings a calendar of its own: loaded with the first cron, for most commands read none. */
const cronParser = (): typeof import("cron-parser") => createRequire(import.meta.url)("cron-parser");

/** Refused when it is never due, for a start asks when it was due last. */
export const cron = z
  .string()
  .regex(CRON)
  .superRefine((text, context) => {
    if (!CRON.test(text)) return;
    const problem = cronProblem(text);
    if (problem !== null) return context.addIssue({ code: "custom", message: problem });
    try {
      cronParser().CronExpressionParser.parse(text, { tz: "UTC" }).prev();
    } catch (error) {
      context.addIssue({ code: "custom", message: whyNever(error) });
    }
  })
  .transform((text) => text.split(/[ \t]+/).join(" "))
  .meta({ form: "cron: minute, hour, day, month, weekday" });

/** What the package would tell in words of its own, or take for something that nobody means. */
function cronProblem(text: string): string | null {
  for (const [index, field] of text.split(/[ \t]+/).entries()) {
    const [name, last] = NAMES_AND_LASTS[index] ?? ["", 0];
    for (const part of field.split(",")) {
      const [, range = "", from, to, step] = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
      if (range === "") return `expected numbers, * and ranges (1-5) for the ${name}, instead of ${field}`;
      if (step !== undefined && (Number(step) < 1 || Number(step) > last)) {
        return `expected a step from 1 to ${last} for the ${name}, instead of ${step}`;
      }
      if (from !== undefined && to !== undefined && Number(from) > Number(to)) {
        return `expected the smaller ${name} first, instead of ${range}`;
      }
    }
  }
  return null;
}

function whyNever(error: unknown): string {
  const told = error instanceof Error ? error.message : String(error);
  const bounds = /got value (\S+) expected range (\d+)-(\d+)/.exec(told);
  if (bounds !== null) return `expected ${bounds[2]} to ${bounds[3]} instead of ${bounds[1]}`;
  const name = /cannot resolve alias "(.*)"/.exec(told);
  if (name !== null) return `expected jan to dec for a month, sun to sat for a day, instead of ${name[1]}`;
  if (told === "Invalid explicit day of month definition") return "expected a day that the month has";
  return "expected a time that comes";
}

/** A line of any chip; whether this machine has it is known when it is taken. */
export const lineName = z
  .string()
  .min(1)
  .max(80)
  .superRefine((text, context) => {
    const line = readLineName(text);
    if (line.by !== "nothing" && !isForeignLine(text)) return;
    const isNumbered = /^gpiochip\d/i.test(text);
    const why = isNumbered ? "by its chip's label, for the chip's number changes" : reasonOf(lineMeant(text) ?? text);
    const reason = why === null ? "" : ` (${why})`;
    context.addIssue({ code: "custom", message: `expected a line${reason}, such as GPIO17, pin 11 or pinctrl-rp1:17` });
  })
  .meta({ form: "line", meant: lineMeant });

function reasonOf(text: string): string | null {
  const line = readLineName(text.replace(/^(?:p1|j8|pin)\D*0*(?=\d)/i, "pin "));
  return line.by === "nothing" ? line.reason : null;
}
