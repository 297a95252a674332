import type { SimulatorLines } from "./lines.ts";

/**
 * A simulated device as the bench sees it: things that a person could do to it, faults that one could wish on it,
 * and what it shows.
 */
export interface BenchDevice {
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

/** What a device's folder brings for trying it out without hardware: loaded by `kioskd simulate` and `demo` only. */
export interface BenchParts {
  readonly simulator?: Simulator | NetSimulator;
  readonly onLines?: LineSimulator;
  readonly demo?: Demo;
}

/** A device at the end of a serial line. */
export interface Simulator {
  /** By which `kioskd simulate` knows it. */
  readonly name: string;
  readonly what: string;
  readonly line: LineSettings;
  /** @param speed how many times faster than in life */
  start(port: SimulatorPort, speed: number): BenchDevice;
}

/** A device that comes to the daemon over a network. */
export interface NetSimulator {
  readonly name: string;
  readonly what: string;
  /** The address that it comes to unless told another one. */
  readonly usual: string;
  /** The address of a daemon that listens on HOST:PORT. */
  urlAt(address: string): string;
  /** @param speed how many times faster than in life */
  call(url: string, speed: number): BenchDevice;
}

/** A device without bytes to speak, on lines of the header: only a daemon of the same process can be at their other end. */
export interface LineSimulator {
  readonly what: string;
  start(lines: SimulatorLines): BenchDevice;
}

export interface LineSettings {
  readonly baudRate: number;
  readonly parity?: "none" | "even" | "odd";
}

/** What is sold in a demo, and how its customer goes about it. */
export interface Demo {
  readonly kind: string;
  /** The position's part of the configuration, at a serial port or where it is to listen. @param speed how many times faster than in life its device is */
  position(port: string, speed: number): object;
  readonly part: Part;
}

/** What a customer does at the machine itself, beside its display. */
export interface Part {
  /** The largest amount chosen at the display; null where goods chosen at the machine begin the sale. */
  readonly maximum: string | null;
  readonly before: readonly string[];
  /** Once it dispenses. */
  readonly begin: readonly string[];
  /** Done as soon as so much has been delivered, in the product's unit; null for nothing. */
  readonly end: { readonly quantity: number; readonly actions: readonly string[] } | null;
  /** What the device's meter cannot tell, in base units. */
  readonly resolutionBase: number;
}
