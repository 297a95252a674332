/** A car that draws the least that it may, 6 A of one phase, needs so long for a step. */
const LEAST_CAR_W = 1_380;

export function slowestStepMs(stepWh: number): number {
  return Math.ceil((stepWh * 3_600_000) / LEAST_CAR_W);
}
