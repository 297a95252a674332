import { sample } from "../support/sample.ts";
import { built } from "./built.ts";
import { MUTANTS } from "./mutants.ts";

/** A mistake that lives through so many seeds is one that the simulation does not see. */
const BLIND_SEEDS = 4_000;
/** So many of them in the gate; each commit has others. */
const IN_GATE = 46;

async function firstViolation(simulate: Awaited<ReturnType<typeof built>>): Promise<[rule: string, seeds: number]> {
  for (let seed = 1; seed <= BLIND_SEEDS; seed++) {
    const { violation } = await simulate(seed);
    if (violation !== null) return [violation.rule, seed];
  }
  return ["none", BLIND_SEEDS];
}

async function main(words: readonly string[]): Promise<number> {
  const named = MUTANTS.filter(({ name }) => words.includes(name));
  const chosen = words.length === 0 ? sample("planted mistakes", MUTANTS, IN_GATE) : named;
  if (chosen.length === 0) {
    console.error(`no such mutant; there are:\n${MUTANTS.map(({ name }) => `  ${name}`).join("\n")}`);
    return 2;
  }
  let missed = 0;
  console.log(`${"rule".padEnd(15)} seeds  mistake`);
  for (const mutant of chosen) {
    const [rule, seeds] = await firstViolation(await built(mutant));
    const caught = mutant.caughtBy.includes(rule);
    console.log(`${rule.padEnd(15)} ${String(seeds).padStart(5)}  ${mutant.name}${caught ? "" : "  NOT CAUGHT"}`);
    if (!caught) missed++;
  }
  console.log(`${chosen.length - missed} of ${chosen.length} planted mistakes caught`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
