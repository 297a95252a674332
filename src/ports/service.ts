/** Who started the daemon and looks after it. */
export interface Service {
  /** Customers can be served from now on. */
  ready(): void;
  stopping(): void;
  /** Says that all is well as long as `isWell` says so; whoever looks on kills a daemon that falls silent. */
  watch(isWell: () => boolean): void;
  close(): void;
}
