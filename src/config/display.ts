import { z } from "zod";
import { duration, hostAndPort, secretFile } from "./fields.ts";

const device = z.string().regex(/^\/dev\/[\w./:-]+$/, "expected a device such as /dev/fb0");

/** The panel as its data sheet gives it, by which everything on it is made large enough to read. */
const panel = z.strictObject({
  widthMm: z.number().min(20).max(5_000),
  heightMm: z.number().min(20).max(5_000),
  widthPx: z.int().min(160).max(8_192),
  heightPx: z.int().min(160).max(8_192),
});

/** The page and the HTTP interface are served whatever the customer looks at: an operator looks at them too. */
const common = {
  listen: hostAndPort,
  tokenFile: secretFile.optional(),
  /** Whether nothing is sold while nobody can read the display. */
  required: z.boolean().default(true),
  readingDistanceMm: z.int().min(150).max(3_000).default(600),
  panel: panel.optional(),
};

const web = z.strictObject({
  driver: z.literal("web"),
  ...common,
  slides: z.string().min(1).optional(),
  dim: z
    .strictObject({ after: duration("10s", "1d").default(300_000), percent: z.int().min(5).max(100).default(50) })
    .prefault({}),
});

/** Where a touch screen's coordinates lie on the panel. */
const touch = z.strictObject({
  device,
  widthUnits: z.int().min(1).max(65_535),
  heightUnits: z.int().min(1).max(65_535),
  swapAxes: z.boolean().default(false),
  flipX: z.boolean().default(false),
  flipY: z.boolean().default(false),
});

const framebuffer = z.strictObject({
  driver: z.literal("framebuffer"),
  ...common,
  device: device.default("/dev/fb0"),
  rotate: z.literal([0, 90, 180, 270]).default(0),
  touch: touch.optional(),
  keys: device.optional(),
});

const terminal = z.strictObject({
  driver: z.literal("terminal"),
  ...common,
  /** The daemon's own terminal unless told. */
  device: device.optional(),
});

export const display = z.discriminatedUnion("driver", [web, framebuffer, terminal]);
