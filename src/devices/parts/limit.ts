/** What is wrong with a limit in base units that a driver is armed with; null when it is one. */
export function limitProblem(limitBase: number): string | null {
  return Number.isSafeInteger(limitBase) && limitBase > 0 ? null : `${limitBase} is no limit`;
}
