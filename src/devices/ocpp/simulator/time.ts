/** Time as a simulator sees it: the machine's, or that of a test. */
export interface SimulatedTime {
  monotonicMs(): number;
  wallMs(): number;
  after(delayMs: number, run: () => void): () => void;
}

/** A connection as its charger sees it. */
export interface SimulatedWire {
  send(text: string): void;
  close(): void;
}
