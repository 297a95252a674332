import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Table from "cli-table3";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { Gallery, openGalleryPage } from "./gallery.ts";
import { LANGUAGES, type NamedPanel, PANELS } from "./panels.ts";

const FOLDER = join(import.meta.dirname, "../../.tmp/screens");
/** Of a screen on a contact sheet, the longer side. */
const THUMBNAIL_PX = 420;
const SHEET_PX = 1800;

/** Every screen in every size and language as a picture, and for each size and language a sheet of all of them. */
async function main(): Promise<number> {
  rmSync(FOLDER, { recursive: true, force: true });
  const table = new Table({ head: ["size", "panel", "read from", "language", "screens", "sheet"] });
  const failed: string[] = [];
  const browser = await launchBrowser();
  try {
    for (const panel of PANELS) {
      const { widthMm, heightMm, readingDistanceMm } = panel;
      const made = await Promise.all(LANGUAGES.map((language) => picture(browser, panel, language)));
      for (const { language, count, sheet, failures } of made) {
        table.push([panel.name, `${widthMm} × ${heightMm} mm`, `${readingDistanceMm} mm`, language, count, sheet]);
        failed.push(...failures);
      }
      console.log(`${panel.name} is done`);
    }
  } finally {
    await browser.close();
  }
  console.log(table.toString());
  for (const failure of failed) console.error(failure);
  return failed.length === 0 ? 0 : 1;
}

interface Made {
  readonly language: string;
  readonly count: number;
  readonly sheet: string;
  readonly failures: readonly string[];
}

async function picture(browser: Browser, panel: NamedPanel, language: string): Promise<Made> {
  const folder = join(FOLDER, panel.name, language);
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  const failures: string[] = [];
  const page = await openGalleryPage(browser);
  const gallery = await Gallery.open(page, panel, [language, ...LANGUAGES.filter((other) => other !== language)]);
  try {
    for (const { name, show } of gallery.exhibits()) {
      try {
        await show();
        await page.screenshot({ path: join(folder, `${name}.png`) });
        names.push(name);
      } catch (error) {
        failures.push(`${panel.name} ${language} ${name}: ${String(error)}`);
      }
    }
  } finally {
    await gallery.close();
    await page.close();
  }
  const sheet = join(FOLDER, `${panel.name}-${language}.png`);
  await drawSheet(browser, folder, names, panel, sheet);
  return { language, count: names.length, sheet, failures };
}

async function drawSheet(
  browser: Browser,
  folder: string,
  names: readonly string[],
  { widthPx, heightPx }: NamedPanel,
  sheet: string,
): Promise<void> {
  const scale = Math.min(1, THUMBNAIL_PX / Math.max(widthPx, heightPx));
  const figures = names.map(
    (name) => `<figure><img src="${name}.png" width="${widthPx * scale}"><figcaption>${name}</figcaption></figure>`,
  );
  const html = join(folder, "index.html");
  writeFileSync(
    html,
    `<!doctype html><meta charset="utf-8"><style>
      body { display: flex; flex-wrap: wrap; gap: 16px; margin: 16px; background: #555; color: #fff; font: 16px sans-serif }
      figure { margin: 0 } img { display: block; outline: 1px solid #000 }
    </style>${figures.join("\n")}`,
  );
  const page = await browser.newPage({ viewport: { width: SHEET_PX, height: THUMBNAIL_PX } });
  try {
    await page.goto(pathToFileURL(html).href);
    await page.screenshot({ path: sheet, fullPage: true });
  } finally {
    await page.close();
  }
}

process.exitCode = await main();
