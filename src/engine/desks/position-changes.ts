interface Change {
  readonly happened: Promise<void>;
  readonly tell: () => void;
}

/** Who waits for a position to change. All who wait for the same position share one promise. */
export class PositionChanges {
  readonly #awaited = new Map<string, Change>();

  /** Resolves at the position's next change. */
  next(position: string): Promise<void> {
    const change = this.#awaited.get(position) ?? awaited();
    this.#awaited.set(position, change);
    return change.happened;
  }

  /** @param position the one that has changed; without one it may be any of them */
  tell(position?: string): void {
    for (const [awaitedOf, change] of [...this.#awaited]) {
      if (position !== undefined && position !== awaitedOf) continue;
      this.#awaited.delete(awaitedOf);
      change.tell();
    }
  }
}

function awaited(): Change {
  let tell = (): void => {};
  const happened = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { happened, tell };
}
