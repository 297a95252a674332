import { cpus } from "node:os";
import type { Restart, StepFigures } from "./step.ts";

export const GOALS = { delayP99Ms: 1_000, allBackMs: 60_000, rateShare: 0.9 } as const;

const BUSY = 0.85;

/** What a step missed; empty when it missed nothing. `offered` is what would be published if nothing were short. */
export function missed(step: StepFigures, offeredPerSecond: number): readonly string[] {
  const { delaysMs, dropped, restart, plan } = step;
  const share = step.messagesPerSecond / offeredPerSecond;
  return [
    plan.sells && share < GOALS.rateShare ? `${percent(share)} of the messages that should have come` : null,
    delaysMs.p99 > GOALS.delayP99Ms ? `99 of 100 records within ${delaysMs.p99} ms` : null,
    dropped > 0 ? `${dropped} messages dropped by the broker` : null,
    ...(restart === null ? [] : missedAfterRestart(restart, plan.kiosks)),
  ].filter((each) => each !== null);
}

function missedAfterRestart({ allBackMs, online, retained, lost, sold }: Restart, kiosks: number): (string | null)[] {
  return [
    allBackMs === null ? `${online} of ${kiosks} back` : null,
    allBackMs !== null && allBackMs > GOALS.allBackMs ? `the last one back after ${allBackMs} ms` : null,
    retained < Math.min(online, kiosks) ? `${retained} retained as online` : null,
    lost > 0 ? `${lost} of ${sold} records lost` : null,
  ];
}

/** Which of the means was used up, as far as can be seen from outside: when it sold, or when all came back. */
export function shortOf({ cpu: selling, brokerFiles, processes, restart }: StepFigures): string {
  const cores = cpus().length;
  const most = (who: keyof typeof selling): number => Math.max(selling[who], restart?.cpu[who] ?? 0);
  const shares = `at the most of one core: broker ${percent(most("broker"))}, clients ${percent(most("load"))}, subscriber ${percent(most("subscriber"))}, all programs of the machine ${percent(most("machine"))}`;
  const { open, limit } = brokerFiles;
  if (open > limit * BUSY) return `the broker's open files, ${open} of ${limit}`;
  if (most("broker") > BUSY) return `the broker's one core (${shares})`;
  if (most("subscriber") > BUSY) return `the subscriber's one core (${shares})`;
  if (most("machine") > BUSY * cores) return `the machine's ${cores} cores, which all share (${shares})`;
  if (most("load") > BUSY * processes) return `a core for each of the ${processes} processes of clients (${shares})`;
  return `nothing that was measured (${shares})`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
