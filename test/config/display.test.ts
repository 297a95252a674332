import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Loaded } from "../../src/config/load.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";

const EXAMPLE = readFileSync(new URL("../../config/kioskd.yaml", import.meta.url), "utf8");
const SEVEN_INCH = "panel: { widthMm: 154, heightMm: 86, widthPx: 800, heightPx: 480 }";
const SMALL = "panel: { widthMm: 84, heightMm: 56, widthPx: 480, heightPx: 320 }";

/** The example with other lines below `display:`. */
function load(...lines: readonly string[]): Loaded {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  for (const name of ["reseller", "terminal-1"]) writeFileSync(join(folder, "secrets", name), "1234", { mode: 0o600 });
  const file = join(folder, "kioskd.yaml");
  const block = ["display:", ...lines.map((line) => `  ${line}`), "  listen: 127.0.0.1:8080", ""].join("\n");
  writeFileSync(file, EXAMPLE.replace(/display:\n( {2}.*\n)+/, block));
  return loadConfig(file);
}

it.each<[string, readonly string[], object]>([
  ["web", ["driver: web"], { required: true, readingDistanceMm: 600, dim: { after: 300_000, percent: 50 } }],
  ["a seven inch panel", ["driver: web", SEVEN_INCH, "readingDistanceMm: 500"], { panel: { widthPx: 800 } }],
  ["framebuffer", ["driver: framebuffer", "rotate: 90"], { device: "/dev/fb0", rotate: 90 }],
  ["a small panel read from near", ["driver: framebuffer", SMALL, "readingDistanceMm: 250"], {}],
  ["terminal", ["driver: terminal", "device: /dev/ttyS0", SMALL], { device: "/dev/ttyS0" }],
])("takes %s", (_what, lines, expected) => {
  expect(load(...lines).config.display).toMatchObject(expected);
});

const DOCUMENT = readFileSync(new URL("../../docs/display.md", import.meta.url), "utf8");
const DOCUMENTED = [...DOCUMENT.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);

it("takes what the document shows", () => {
  expect(DOCUMENTED.length).toBeGreaterThanOrEqual(3);
  for (const block of DOCUMENTED) {
    const lines = block.slice(block.indexOf("display:\n")).split("\n").slice(1);
    expect(() => load(...lines.filter((line) => !line.includes("listen:")).map((line) => line.trim()))).not.toThrow();
  }
});

it("finds slides beside the configuration", () => {
  const { config, file } = load("driver: web", "slides: pictures");
  expect(config.display).toMatchObject({ slides: join(file, "../pictures") });
});

it.each<[string, readonly string[], string | RegExp]>([
  [
    "a device elsewhere",
    ["driver: framebuffer", "device: ../fb0"],
    'display.device: found "../fb0", expected a device, such as /dev/fb0',
  ],
  ["an angle that is none", ["driver: framebuffer", "rotate: 45"], "display.rotate: "],
  ["slides on a framebuffer", ["driver: framebuffer", "slides: pictures"], "display.slides: found an unknown key"],
  ["an unknown driver", ["driver: paper"], "display.driver: "],
  [
    "a panel too small for its distance",
    ["driver: web", SMALL],
    /display\.panel: found 84 x 56 mm .* The scan screen needs \d+ x \d+ mm at a reading distance of 600 mm, the panel has 84 x 56 mm; with \d+ mm it would fit/,
  ],
])("refuses %s", (_what, lines, message) => {
  expect(() => load(...lines)).toThrow(message);
});
