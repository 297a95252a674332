import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";

/** What stands between a code on a screen and a picture of it. */
export interface Take {
  /** 100 is the picture from ten times the code's side away; 50 is from twice as far. */
  readonly scalePercent: number;
  /** About the axis that goes across, then about the one that goes up. */
  readonly tiltDegrees: readonly [number, number];
  /** Standard deviation in parts of a module's side: a hand's shake, a focus that is not quite there. */
  readonly blur: number;
  /** Of the difference between black and white, what light that falls on the screen leaves. */
  readonly contrastPercent: number;
  readonly glare: keyof typeof GLARE | "none";
}

/**
 * A lamp's reflection: a white patch with a soft edge, in parts of the code's side. A round patch touches about twice
 * its area in codewords, of which level M restores 15 %. Nothing restores a finder pattern: there the phone has to move.
 */
const GLARE = {
  centre: { left: 0.5, top: 0.5, diameter: 0.3 },
  corner: { left: 0.85, top: 0.85, diameter: 0.3 },
  edge: { left: 0.5, top: 0, diameter: 0.3 },
} as const;

/** A phone's main camera: what a 1080p preview shows of the world. */
const PREVIEW_PX = 1920;
const ANGLE_DEGREES = 65;
const FOCAL_PX = PREVIEW_PX / 2 / Math.tan((ANGLE_DEGREES / 2) * (Math.PI / 180));
/** Far enough to read a code from, in sides of it. */
const DISTANCE_BY_SIDE = 10;
/** Of the preview, the middle with the code in it. */
const FRAME_PX = 440;
/** Part of a picture that is the sensor's noise, as there is with enough light. */
const NOISE = 0.02;

/** Where a symbol stands, without its quiet zone, in pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly modules: number;
  readonly modulePx: number;
}

/** A screenshot, and where the code stands in it. */
export interface Shot {
  readonly png: Buffer;
  readonly code: Place;
}

/** Takes pictures of one screen, as a phone's camera in front of it would. */
export class Camera {
  readonly #page: Page;
  readonly #session: CDPSession;

  readonly #modules: number;

  private constructor(page: Page, session: CDPSession, modules: number) {
    this.#page = page;
    this.#session = session;
    this.#modules = modules;
  }

  static async before(shot: Shot, browser: Browser): Promise<Camera> {
    const page = await browser.newPage({ viewport: { width: FRAME_PX, height: FRAME_PX } });
    await page.setContent(sceneOf(shot));
    await page.evaluate(`drawNoise(${NOISE})`);
    return new Camera(page, await page.context().newCDPSession(page), shot.code.modules);
  }

  /** The picture's file. */
  async take(take: Take, folder: string): Promise<string> {
    await this.#page.evaluate(`pose(${JSON.stringify(poseOf(take, this.#modules))})`);
    const { data } = await this.#session.send("Page.captureScreenshot", { format: "png", optimizeForSpeed: true });
    const file = join(folder, `${nameOf(take)}.png`);
    writeFileSync(file, Buffer.from(data, "base64"));
    return file;
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}

export function nameOf({ scalePercent, tiltDegrees, blur, contrastPercent, glare }: Take): string {
  return `scale-${scalePercent}_tilt-${tiltDegrees.join("-")}_blur-${blur}_contrast-${contrastPercent}_glare-${glare}`;
}

/** Each of one with each of the others. */
export function takesOf(ranges: { readonly [K in keyof Take]: readonly Take[K][] }): readonly Take[] {
  return ranges.scalePercent.flatMap((scalePercent) =>
    ranges.tiltDegrees.flatMap((tiltDegrees) =>
      ranges.blur.flatMap((blur) =>
        ranges.contrastPercent.flatMap((contrastPercent) =>
          ranges.glare.map((glare) => ({ scalePercent, tiltDegrees, blur, contrastPercent, glare })),
        ),
      ),
    ),
  );
}

interface Pose {
  readonly sidePx: number;
  readonly tiltDegrees: readonly [number, number];
  readonly blurPx: number;
  readonly contrast: number;
  readonly glare: (typeof GLARE)[keyof typeof GLARE] | null;
}

function poseOf({ scalePercent, tiltDegrees, blur, contrastPercent, glare }: Take, modules: number): Pose {
  const sidePx = ((FOCAL_PX / DISTANCE_BY_SIDE) * scalePercent) / 100;
  return {
    sidePx,
    tiltDegrees,
    blurPx: (blur * sidePx) / modules,
    contrast: contrastPercent / 100,
    glare: glare === "none" ? null : GLARE[glare],
  };
}

/** The screen tilts about the code's middle, at the focal length from the eye, where a pixel is a pixel. */
function sceneOf({ png, code }: Shot): string {
  const middle = { x: code.x + code.side / 2, y: code.y + code.side / 2 };
  return `<!doctype html><style>
    body { margin: 0; overflow: hidden; background: #777 }
    #lens { position: fixed; inset: -40px; perspective: ${FOCAL_PX}px; background: #777 }
    #panel { position: absolute; left: 50%; top: 50%; width: 0; height: 0 }
    #panel img { position: absolute; left: ${-middle.x}px; top: ${-middle.y}px }
    #glare { position: absolute; border-radius: 50%; transform: translate(-50%, -50%);
      background: radial-gradient(closest-side, rgb(255 255 255 / 0.95) 40%, rgb(255 255 255 / 0)) }
    #noise { position: fixed; inset: 0 }
  </style>
  <div id="lens"><div id="panel"><img src="data:image/png;base64,${png.toString("base64")}"><div id="glare"></div></div></div>
  <canvas id="noise" width="${FRAME_PX}" height="${FRAME_PX}"></canvas>
  <script>
    function drawNoise(opacity) {
      const context = noise.getContext("2d");
      const image = context.createImageData(noise.width, noise.height);
      let seed = 1;
      for (let at = 0; at < image.data.length; at += 4) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        image.data.fill(seed >>> 24, at, at + 3);
        image.data[at + 3] = 255;
      }
      context.putImageData(image, 0, 0);
      noise.style.opacity = opacity;
    }
    function pose({ sidePx, tiltDegrees, blurPx, contrast, glare: patch }) {
      const [x, y] = tiltDegrees;
      lens.style.filter = "blur(" + blurPx + "px)";
      panel.style.transform =
        "rotateX(" + x + "deg) rotateY(" + y + "deg) scale(" + sidePx / ${code.side} + ")";
      panel.querySelector("img").style.filter = "contrast(" + contrast + ")";
      glare.hidden = patch === null;
      if (patch === null) return;
      glare.style.left = (patch.left - 0.5) * ${code.side} + "px";
      glare.style.top = (patch.top - 0.5) * ${code.side} + "px";
      glare.style.width = glare.style.height = patch.diameter * ${code.side} + "px";
    }
  </script>`;
}
