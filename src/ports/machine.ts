/** The computer that the kiosk runs on. */
export interface Machine {
  /** What cannot be told is null. Never rejects. */
  read(): Promise<MachineState>;
}

interface MachineState {
  readonly uptimeS: number;
  readonly residentBytes: number;
  /** The longest time since the last reading that nothing else could run. */
  readonly loopLagMs: number;
  readonly diskFreeBytes: number | null;
  readonly temperatureC: number | null;
}
