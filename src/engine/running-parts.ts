interface Closable {
  close(): void | Promise<void>;
}

/** Something that is started once. `close` must bear being called after a start that failed half way. */
export interface Part extends Closable {
  start(): void | Promise<void>;
}

/** The owner of what runs. What began first ends last, in an orderly end as after a start that failed half way. */
export class RunningParts {
  readonly #begun: Closable[] = [];

  /** Takes over what is open already. */
  add<T extends Closable>(part: T): T {
    this.#begun.push(part);
    return part;
  }

  /** Starts one after the other. Rejects with the first failure, when all that had begun are closed. */
  async start(parts: readonly Part[]): Promise<void> {
    try {
      for (const part of parts) {
        this.#begun.push(part);
        await part.start();
      }
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  /** Closes all of them. Rejects with the first failure, when all have been tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#begun.pop(); part !== undefined; part = this.#begun.pop()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
