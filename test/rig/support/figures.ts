export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What it must be; null where it only tells. */
  readonly required: string | null;
  readonly met: boolean;
}

/** What a scenario found out. Ends the process, with 1 when a requirement is not met, after one line of JSON. */
export class Figures {
  readonly #figures: Figure[] = [];

  tell(what: string, measured: string | number): void {
    this.#figures.push({ what, measured: String(measured), required: null, met: true });
  }

  require(what: string, measured: string | number, required: string | number, met = measured === required): void {
    this.#figures.push({ what, measured: String(measured), required: String(required), met });
  }

  end(): never {
    process.stdout.write(`${JSON.stringify(this.#figures)}\n`);
    process.exit(this.#figures.length > 0 && this.#figures.every(({ met }) => met) ? 0 : 1);
  }
}

/** Of sorted or unsorted values, the one that this part of them does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
