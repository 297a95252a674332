import { z } from "zod";
import { about, duration, file, hostAndPort, secretFile } from "./fields.ts";

const device = z
  .string()
  .regex(/^\/dev\/[\w./:-]+$/, "expected a device such as /dev/fb0")
  .meta({ form: "path below `/dev`" });

const panel = z
  .strictObject({
    widthMm: z.number().min(20).max(5_000).meta(about("Width of the picture in millimetres.", 154)),
    heightMm: z.number().min(20).max(5_000).meta(about("Height of the picture in millimetres.", 86)),
    widthPx: z.int().min(160).max(8_192).meta(about("Width of the picture in pixels.", 800)),
    heightPx: z.int().min(160).max(8_192).meta(about("Height of the picture in pixels.", 480)),
  })
  .meta({
    description:
      "The panel as its data sheet gives it; with it everything is made large enough to read from `readingDistanceMm`. Without it sizes follow the number of pixels.",
  });

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as "21:30"')
  .meta({ form: "time of day in quotes, hours and minutes" });

const look = z
  .strictObject({
    theme: z
      .enum(["light", "dark", "by-time"])
      .default("light")
      .meta(
        about("Dark on light, light on dark, or dark at night only. Customers may ask for high contrast.", "by-time"),
      ),
    night: z
      .strictObject({
        from: timeOfDay.default("21:00").meta(about("When the dark begins.", "22:00")),
        to: timeOfDay.default("06:00").meta(about("When it ends.", "05:30")),
      })
      .prefault({})
      .meta({ description: "With `theme: by-time`: from when until when it is dark, by the clock of the machine." }),
    colour: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, "expected a colour such as #0b3b8c")
      .optional()
      .meta({
        form: "colour as # and six hexadecimal digits, in quotes",
        ...about(
          "The owner's one colour, for what can be touched and for money that runs. Amounts are written in it, so it must be dark: 7 to 1 to the ground.",
          "#004f3b",
        ),
      }),
  })
  .prefault({})
  .meta({ description: "How the page and the framebuffer look." });

/** The page and the HTTP interface are served whatever the customer looks at: an operator looks at them too. */
const common = {
  listen: hostAndPort.meta(
    about(
      "Where the page and the HTTP interface are served. From other machines they can be reached only with an address of the network and a tokenFile.",
      "127.0.0.1:8080",
    ),
  ),
  tokenFile: secretFile
    .optional()
    .meta(
      about(
        "A password that the page and the HTTP interface ask for. Needed when others than this machine can reach it.",
        "secrets/display",
      ),
    ),
  required: z
    .boolean()
    .default(true)
    .meta(
      about(
        "Whether selling stops while nobody can read the display. Set it to false when customers have another screen.",
        false,
      ),
    ),
  readingDistanceMm: z
    .int()
    .min(150)
    .max(3_000)
    .default(600)
    .meta(
      about(
        "How far customers stand from the display, in millimetres. Figures and codes are made larger for more.",
        500,
      ),
    ),
  panel: panel.optional(),
  look,
};

const web = z
  .strictObject({
    driver: z.literal("web").meta(about("A browser shows the page.", "web")),
    ...common,
    logo: file
      .optional()
      .meta(
        about(
          "The owner's sign, a picture as SVG, PNG, WebP or JPEG of at most 256 KB, on the first screens of the page.",
          "/etc/kioskd/logo.svg",
        ),
      ),
    slides: file
      .optional()
      .meta(
        about(
          "A folder with pictures for the screen while nobody buys. Without it the choice of amounts stays on.",
          "/var/lib/kioskd/slides",
        ),
      ),
    dim: z
      .strictObject({
        after: duration("10s", "1d")
          .prefault("5m")
          .meta(about("How long nobody touches the screen before it is dimmed.", "2m")),
        percent: z
          .int()
          .min(5)
          .max(100)
          .default(50)
          .meta(about("How bright it is then, in percent; 100 does not dim.", 30)),
      })
      .prefault({})
      .meta({ description: "Dims the screen while nobody buys: spares the panel and the night." }),
  })
  .meta({ description: "A page that a browser shows; `kioskd browser` keeps one open." });

const touch = z
  .strictObject({
    device: device.meta(about("The touch screen's input device.", "/dev/input/by-path/platform-soc-event")),
    widthUnits: z
      .int()
      .min(1)
      .max(65_535)
      .meta(about("The largest coordinate that it gives across; `evtest` shows it.", 4_096)),
    heightUnits: z.int().min(1).max(65_535).meta(about("The largest coordinate that it gives downwards.", 4_096)),
    swapAxes: z
      .boolean()
      .default(false)
      .meta(about("Across and downwards are exchanged. Try it when touches land at the wrong place.", true)),
    flipX: z.boolean().default(false).meta(about("Left and right are exchanged.", true)),
    flipY: z.boolean().default(false).meta(about("Top and bottom are exchanged.", true)),
  })
  .meta({ description: "A touch screen: how its coordinates lie on the panel. Without it there is nothing to touch." });

const framebuffer = z
  .strictObject({
    driver: z.literal("framebuffer").meta(about("The daemon draws by itself, without a browser.", "framebuffer")),
    ...common,
    device: device.default("/dev/fb0").meta(about("The framebuffer of the panel.", "/dev/fb1")),
    rotate: z
      .literal([0, 90, 180, 270])
      .default(0)
      .meta(about("Turns the picture clockwise, in degrees, for a panel that is mounted turned.", 90)),
    touch: touch.optional(),
    keys: device
      .optional()
      .meta(
        about(
          "The input device of buttons beside the panel. Without it there are none.",
          "/dev/input/by-path/platform-keys-event",
        ),
      ),
  })
  .meta({ description: "A small panel that the daemon draws on. Needs the optional package @napi-rs/canvas." });

const terminal = z
  .strictObject({
    driver: z.literal("terminal").meta(about("Text of 80 by 24 characters.", "terminal")),
    ...common,
    device: device
      .optional()
      .meta(
        about(
          "The terminal to draw on. Without it the daemon's own one; the log then goes to standard error.",
          "/dev/ttyS0",
        ),
      ),
  })
  .meta({ description: "A serial console, ssh, or a bench." });

export const display = z
  .discriminatedUnion("driver", [web, framebuffer, terminal])
  .meta({ description: "What customers look at, by one of three drivers." });

export type DisplayConfig = z.output<typeof display>;
