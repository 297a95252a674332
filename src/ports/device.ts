import type { Unit } from "../core/quantity.ts";
import type { Found, Path } from "./configured.ts";

/** A device's part of a configuration, checked. What is in it beside its driver, only its plug-in knows. */
export interface DispenserConfig {
  readonly driver: string;
}

/**
 * A kind of device as its folder brings it: what it may be told, and what follows from that before it is opened. It is
 * loaded with every configuration, so it loads no driver.
 * @template Schema of its keys
 * @template Bound what is known of one device of this kind
 */
export interface DevicePlugIn<Schema, Bound extends BoundDevice = BoundDevice> {
  readonly driver: string;
  readonly schema: Schema;
  /** In what a product is counted that it can deliver; null where any will do. */
  readonly units: readonly Unit[] | null;
  /** What it keeps beside the journal, one file of each kind for a position. */
  readonly files: readonly DeviceFile[];
  /** Why no operator can order a price from afar; null where one can. */
  readonly ownPrice: string | null;
  /** Two ways to give one thing, of which an assembly's and the configuration's own cannot be mixed. */
  readonly eitherOr: { readonly key: string; readonly ways: readonly [string, string] } | null;
  /** Takes what its schema has given. */
  bind(config: DispenserConfig): Bound;
}

/**
 * A file beside the journal: `<kind>-<position>.register`. By what it holds sales are charged, or are not: it belongs to
 * a backup.
 */
export interface DeviceFile {
  readonly kind: string;
  /** As a message says it, before the position: "a register of". */
  readonly what: string;
}

/** What is known of a device by its configuration alone. Paths begin at the dispenser. */
export interface DeviceFacts {
  /** What is written in the product's unit; none may be 0. */
  readonly quantities: readonly Written[];
  /** What its goods cost, where each has its price. */
  readonly prices: readonly Written[];
  /** Every GPIO line that it takes. */
  readonly lines: readonly LineUse[];
  /** The serial port that it is on, or the address that it comes to. */
  readonly port: PortUse | null;
  /** A file for its register that the configuration names. */
  readonly register: string | null;
  /** A limit that is no more than this cannot be kept, in base units: a sale must be able to buy more. */
  readonly leastLimitBase: number;
  /** Customers choose at the device before they pay, and pay the price of what they chose. */
  readonly areGoodsChosenFirst: boolean;
  /** In what steps its register is read, where they are not the usual ones: in other steps it is another meter. */
  readonly scale: string | null;
}

export interface BoundDevice extends DeviceFacts {
  /** What does not go together, with itself or with its position. Paths begin at the position. */
  problems(position: DevicePosition): readonly Found[];
}

export interface Written {
  readonly at: Path;
  readonly text: string;
}

export interface LineUse {
  readonly at: Path;
  readonly line: string;
  /** Of an output that lets something flow while it is active; null for every other line. */
  readonly opens: { readonly activeLow: boolean; readonly isLast: boolean } | null;
}

export interface PortUse {
  readonly path: string;
  /** What all on one port must have alike, by its key; null where nothing else may be on it. */
  readonly alike: Readonly<Record<string, string | number>> | null;
  /** Where the device comes to this daemon over a network: the path is this address, written by the key `listen`. */
  readonly listens?: { readonly host: string; readonly port: number };
  /** At the end of a network that the daemon connects to: nothing of this machine is looked for. */
  readonly isRemote?: boolean;
  /** What each on one port has of its own: "address 80". */
  readonly own: readonly { readonly at: Path; readonly name: string }[];
}

/** What a device is asked to sell, and where. */
export interface DevicePosition {
  readonly currency: string;
  readonly unit: Unit;
  readonly unitPrice: string;
  readonly noFlowTimeoutMs: number;
}
