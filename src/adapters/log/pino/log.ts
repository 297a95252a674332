import { pino } from "pino";
import type { Log } from "../../../ports/log.ts";

const REDACTED = "[redacted]";
const SECRET_KEYS = ["password", "token", "authorization", "cookie"];

export interface LogSettings {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Values that must never be written, wherever they turn up. */
  readonly secrets: readonly string[];
  write(line: string): void;
}

/** One JSON object a line. Secrets are taken out by key and, for what slips into a text, by value. */
export function createLog(settings: LogSettings): Log {
  const values = settings.secrets
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret.length >= 4);
  const write = (line: string): void =>
    settings.write(values.reduce((text, secret) => text.replaceAll(secret, REDACTED), line));
  const paths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  const logger = pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // The engine catches what it cannot foresee under this name; without this only "{}" would be written.
      serializers: { error: pino.stdSerializers.err },
      redact: { paths, censor: REDACTED },
    },
    { write },
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}
