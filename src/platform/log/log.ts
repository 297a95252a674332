import { pino } from "pino";
import { visibleJson } from "../../core/visible.ts";
import type { Log } from "../../ports/log.ts";

const REDACTED = "[redacted]";
/** Shorter ones stand in too much else. */
const SHORTEST = 4;
const SHORTEST_LINE = 12;
const SECRET_KEYS = ["password", "token", "authorization", "cookie"];

export interface LogSettings {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Values that must never be written, wherever they turn up. */
  readonly secrets: readonly string[];
  write(line: string): void;
}

/** One JSON object a line, which orders no terminal anything. Secrets are taken out by key and, for what slips into a text, by value. */
export function createLog(settings: LogSettings): Log {
  const values = [...new Set(settings.secrets.flatMap(shapesOf))].sort((a, b) => b.length - a.length);
  const write = (line: string): void =>
    settings.write(visibleJson(values.reduce((text, secret) => text.replaceAll(secret, REDACTED), line)));
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

/**
 * As it is, as a part of an address and as XML have it, each also within JSON, and within JSON that is a text of it. Of
 * a key in PEM also each line, for a part is enough.
 */
function shapesOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  const xml = secret.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  const whole = [secret, encodeURIComponent(secret), xml].flatMap((shape) => {
    return [shape, inJson(shape), inJson(inJson(shape))];
  });
  return [
    ...whole.filter((shape) => shape.length >= SHORTEST),
    ...lines.filter((line) => lines.length > 1 && line.length >= SHORTEST_LINE && !line.startsWith("-----")),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
