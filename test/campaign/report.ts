import { formatAmount } from "../../src/core/money.ts";
import type { Result } from "./campaign.ts";

const PHASES = ["idle", "offering", "offered", "reserved", "dispensing", "settling", "closed"];
const NAME_WIDTH = 22;
const CELL_WIDTH = 6;
const HEADS: Readonly<Record<string, string>> = {
  ...{ idle: "idle", offering: "offrg", offered: "offrd", reserved: "rsrvd" },
  ...{ dispensing: "disp", settling: "settl", closed: "closd" },
};

/** What a campaign did and found, in lines of at most 80 columns. */
export function report(results: readonly Result[]): readonly string[] {
  const kills = results.flatMap((result) => result.kills);
  const sales = results.flatMap((result) => result.sales);
  const cells = (name: string, of: readonly { phase: string }[]): string => {
    const counts = PHASES.map((phase) => of.filter((kill) => kill.phase === phase).length);
    return row(name, [...counts, of.length].map(String));
  };
  const troubles = [...new Set(kills.map(({ trouble }) => trouble))];
  const outcomes = count(sales.map(({ outcome, reason }) => (reason === null ? outcome : `${outcome}: ${reason}`)));
  const total = (of: (result: Result) => number): number => results.reduce((sum, result) => sum + of(result), 0);
  const currency = results[0]?.wide.currency ?? "";
  const chargedMinor = total(({ wide }) => wide.chargedMinor);
  return [
    row("kills, by sale's phase", [...PHASES.map((phase) => HEADS[phase] ?? phase), "all"]),
    ...troubles.map((name) =>
      cells(
        name,
        kills.filter(({ trouble }) => trouble === name),
      ),
    ),
    cells("all", kills),
    "",
    "sales, by outcome",
    ...outcomes.map(([name, times]) => `  ${name.padEnd(40)}${String(times).padStart(6)}`),
    "",
    `money at the service   ${formatAmount(chargedMinor, currency)} ${currency}`,
    `quantity at the pump   ${(total(({ wide }) => wide.pouredMl) / 1_000).toFixed(3)} L`,
    `closed in the journal  ${sales.length} sales`,
    `records received       ${total(({ wide }) => wide.records)}, repetitions included`,
    `torn journals opened   ${total(({ tornLengths }) => tornLengths)} lengths`,
  ];
}

/** Every difference with what the four say, and everything else that went wrong. */
export function complaints({ problems, differences, folder }: Result): readonly string[] {
  if (problems.length + differences.length === 0) return [];
  return [
    ...problems,
    ...differences.flatMap(({ saleId, what, says }) => [
      `${saleId ?? "all sales together"}: ${what}`,
      ...Object.entries(says).map(([who, text]) => `  ${who.padEnd(8)} ${text}`),
    ]),
    `everything is kept in ${folder}`,
  ];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join("");
}

function count(names: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
