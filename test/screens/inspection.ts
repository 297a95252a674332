import { readFileSync } from "node:fs";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { type Panel, sizesOf } from "../../src/displays/panel.ts";

const LEGIBILITY = readFileSync(new URL("./legibility.js", import.meta.url), "utf8");
/** What axe-core is asked, of all that it knows: what concerns a page of one screen. */
const AXE_TAGS = ["cat.aria", "cat.color", "cat.name-role-value", "cat.language", "cat.text-alternatives"];
/** However large the type is; axe-core by itself would let large type have less. */
const TEXT_CONTRAST = 4.5;
const FIGURE_CONTRAST = 7;

const CHECKS = [
  { id: "color-contrast", options: contrastOptions(TEXT_CONTRAST) },
  { id: "color-contrast-enhanced", options: contrastOptions(FIGURE_CONTRAST) },
];

interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What is wrong with what stands on the page now, each in a sentence. */
export async function illegible(page: Page, panel: Panel): Promise<readonly string[]> {
  return page.evaluate(`(() => { ${LEGIBILITY}; return legibility(${JSON.stringify(sizesOf(panel))}); })()`);
}

/** Contrast, names and roles, as axe-core judges them. */
export async function inaccessible(page: Page): Promise<readonly string[]> {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source);
  const findings: readonly AxeFinding[] = await page.evaluate(`(async () => {
    axe.configure(${JSON.stringify({ checks: CHECKS })});
    const all = await axe.run(document, {
      runOnly: { type: "tag", values: ${JSON.stringify(AXE_TAGS)} },
      rules: { "color-contrast-enhanced": { enabled: false } },
      resultTypes: ["violations", "incomplete"],
    });
    const unsure = all.incomplete.filter(({ id }) => id === "color-contrast");
    const hasFigures = document.querySelector("[data-figure]") !== null;
    const figures = hasFigures && (await axe.run({ include: [["[data-figure]"]] }, { runOnly: ["color-contrast-enhanced"] }));
    return [...all.violations, ...unsure, ...(figures ? [...figures.violations, ...figures.incomplete] : [])];
  })()`);
  return findings.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html} ${failureSummary.replaceAll(/\s+/g, " ")}`),
  );
}

/** All of axe-core's own, which are replaced as a whole, but for the ratio and that a single digit counts as text. */
function contrastOptions(expected: number): object {
  return {
    ignoreUnicode: true,
    ignoreLength: true,
    ignorePseudo: false,
    boldValue: 700,
    boldTextPt: 14,
    largeTextPt: 18,
    contrastRatio: { normal: { expected }, large: { expected } },
    pseudoSizeThreshold: 0.25,
    shadowOutlineEmMax: 0.1,
    textStrokeEmMin: 0.03,
  };
}
