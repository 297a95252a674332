import { z } from "zod";

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
    .regex(DURATION, 'expected a duration such as "500ms", "10s", "5m" or "1h"')
    .transform(durationMs)
    .refine(
      (valueMs) => valueMs >= durationMs(least) && valueMs <= durationMs(most),
      `expected between ${least} and ${most}`,
    )
    .meta({ form: `duration, ${least} to ${most}` });
}

export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  const unit = match?.[2] as keyof typeof UNIT_MS | undefined;
  return unit === undefined ? Number.NaN : Number(match?.[1]) * UNIT_MS[unit];
}

/** Numbers that are money or quantity are written as text: YAML would make 19.90 a float. */
export const decimal = z
  .string('expected a decimal in quotes, such as "19.89"')
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'expected a decimal such as "19.89"')
  .meta({ form: "decimal in quotes" });

export const hostAndPort = z
  .string()
  .transform((text, context) => {
    const match = /^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+):(\d{1,5})$/.exec(text);
    const port = Number(match?.[2]);
    if (match?.[1] === undefined || port > 65_535) {
      context.addIssue({ code: "custom", message: 'expected HOST:PORT, such as "127.0.0.1:8080"' });
      return z.NEVER;
    }
    return { host: match[1].replace(/^\[|\]$/g, ""), port };
  })
  .meta({ form: "`HOST:PORT`" });

/** Part of topics and file names. */
export const identifier = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, "expected 1 to 64 of a-z, 0-9 and -")
  .meta({ form: "1 to 64 of `a-z`, `0-9`, `-`" });

/** A file of its own with mode 0600, or `credential:NAME` of systemd. By the mark is known what must never be shown. */
export const secretFile = z
  .string()
  .min(1)
  .max(4096)
  .meta({ secret: true, form: "path of a file with mode 0600, or `credential:NAME`" });

export const file = z.string().min(1).meta({ form: "path" });

/** Minute, hour, day of month, month, day of week, in the kiosk's time zone. */
export const cron = z
  .string()
  .regex(/^[\d*,/-]+( [\d*,/A-Za-z-]+){4}$/, 'expected five fields of a cron expression, such as "10 3 * * *"')
  .meta({ form: "cron: minute, hour, day, month, weekday" });
