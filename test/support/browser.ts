import { execFileSync } from "node:child_process";
import { type Browser, chromium, type Page } from "playwright-core";
import { needs } from "./components.ts";

const CHROMIUM = "/usr/bin/chromium";
export const ZBARIMG = "/usr/bin/zbarimg";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Debian's browser; nothing is downloaded. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

export function hasChromium(): boolean {
  return needs("Chromium", CHROMIUM);
}

export function hasZbarimg(): boolean {
  return needs("zbarimg", ZBARIMG);
}

/** What a scanner that knows nothing of us reads in a picture. */
export function scan(picture: string): string {
  return execFileSync(ZBARIMG, ["--raw", "-q", picture], { encoding: "utf8" }).trimEnd();
}

export async function codeIsDrawn(page: Page): Promise<void> {
  await page.waitForSelector("svg.code");
}
