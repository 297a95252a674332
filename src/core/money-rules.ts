/** What amounts a payment service takes in a currency, all in its minor units. They stand in the terms of each sale. */
export interface MoneyRules {
  readonly leastReservationMinor: number;
  /** What is below it cannot be taken. */
  readonly leastCaptureMinor: number;
  /** The most that can be reserved. */
  readonly mostMinor: number;
  /** Every amount is a multiple of it. */
  readonly stepMinor: number;
}

/** Of a service that takes every amount. */
export const NO_RULES: MoneyRules = {
  leastReservationMinor: 1,
  leastCaptureMinor: 1,
  mostMinor: Number.MAX_SAFE_INTEGER,
  stepMinor: 1,
};

export function isWithoutRules(rules: MoneyRules): boolean {
  const { leastReservationMinor, leastCaptureMinor, mostMinor, stepMinor } = rules;
  const isAnyStep = stepMinor === 1 && mostMinor === NO_RULES.mostMinor;
  return isAnyStep && leastReservationMinor <= 1 && leastCaptureMinor <= 1;
}

/** The most that can be taken and is not above the amount: never more, for the difference is not the customer's. */
export function capturableMinor(rules: MoneyRules | undefined, amountMinor: number): number {
  if (rules === undefined) return amountMinor;
  const steppedMinor = amountMinor - (amountMinor % rules.stepMinor);
  return steppedMinor < rules.leastCaptureMinor ? 0 : steppedMinor;
}

/** Why so much cannot be reserved; null when it can. */
export function reservationProblem(
  rules: MoneyRules,
  amountMinor: number,
): "too-little" | "too-much" | "no-step" | null {
  if (amountMinor < rules.leastReservationMinor) return "too-little";
  if (amountMinor > rules.mostMinor) return "too-much";
  return amountMinor % rules.stepMinor === 0 ? null : "no-step";
}
