/** The computer that the kiosk runs on. */
export interface Machine {
  /** What cannot be told is null. Never rejects. */
  read(): Promise<MachineState>;
  /** Whether a time server has set the clock lately, and nobody since. False when nobody can tell. Never rejects. */
  clockIsSynchronised(): Promise<boolean>;
}

interface MachineState {
  readonly uptimeS: number;
  readonly residentBytes: number;
  /** The longest time since the last reading that nothing else could run. */
  readonly loopLagMs: number;
  readonly diskFreeBytes: number | null;
  readonly temperatureC: number | null;
}
