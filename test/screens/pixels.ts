import type { Page } from "playwright-core";
import { QUIET_MODULES } from "../../src/displays/panel.ts";
import type { Place } from "./camera.ts";

/**
 * The modules of a symbol and of its quiet zone, row by row: `#` where every pixel is black, `.` where every one is
 * white, `?` where they are of another colour or differ. `page` is any that may read data; it stays as it is.
 */
export function darkModules(page: Page, png: Buffer, { x, y, modules, modulePx }: Place): Promise<string[]> {
  return page.evaluate(`(async () => {
    const answer = await fetch("data:image/png;base64,${png.toString("base64")}");
    const image = await createImageBitmap(await answer.blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const modulePx = ${modulePx};
    const moduleAt = (column, row) => {
      const [left, top] = [${x} + column * modulePx, ${y} + row * modulePx];
      const { data } = context.getImageData(left, top, modulePx, modulePx);
      const colours = data.filter((_, at) => at % 4 !== 3);
      if (colours.every((value) => value === 0)) return "#";
      return colours.every((value) => value === 255) ? "." : "?";
    };
    const quiet = Array.from({ length: ${modules + 2 * QUIET_MODULES} }, (_, at) => at - ${QUIET_MODULES});
    return quiet.map((row) => quiet.map((column) => moduleAt(column, row)).join(""));
  })()`);
}
