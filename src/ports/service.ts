/** Who started the daemon and looks after it. */
export interface Service {
  /** Asks for patience with a start while something is under way that may take long, within a bound. */
  patience<T>(work: Promise<T>): Promise<T>;
  /** Customers can be served from now on. */
  ready(): void;
  stopping(): void;
  /** Says that all is well as long as `isWell` says so; whoever looks on kills a daemon that falls silent. */
  watch(isWell: () => boolean): void;
  close(): void;
}
