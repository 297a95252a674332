import type { Outcome } from "../../ports/outcome.ts";

/** All who asked to stop wait for the same end. */
export class StopRequest {
  readonly untilMs: number;
  readonly answer: Promise<Outcome<null>>;
  #resolve: (outcome: Outcome<null>) => void = () => {};

  constructor(untilMs: number) {
    this.untilMs = untilMs;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end(outcome: Outcome<null>): void {
    this.#resolve(outcome);
  }
}
