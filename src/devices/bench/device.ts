/**
 * A simulated device as the bench sees it: things that a person could do to it, faults that one could wish on it,
 * and what it shows.
 */
export interface BenchDevice {
  /** Such as `pump-dart`. */
  readonly kind: string;
  readonly actions: readonly BenchAction[];
  /** Does one of the actions; throws on any other name. */
  act(id: string): void;
  /** What a person standing before it would see, and what a mechanic would. */
  state(): Readonly<Record<string, string | number | boolean>>;
  /** What it has truly released since it was made, in base units: what every bill is held against. */
  releasedBase(): number;
  close(): Promise<void>;
}

export interface BenchAction {
  readonly id: string;
  readonly label: string;
  /** `fault` for what should not happen to a device, and does. */
  readonly kind: "use" | "fault";
}

/** The wire as a simulator sees it: bytes in, bytes out. */
export interface SimulatorPort {
  write(bytes: Uint8Array): void;
  onBytes(listener: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}
