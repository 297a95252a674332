/** A number below another, by turns of a seeded chance. */
function chances(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/**
 * A wire that damages one byte in so many: flips a bit of it, drops it or doubles it, by turns of a seeded chance, so
 * that what happened once can happen again.
 */
export function noisyWire(seed: number, oneIn: number): (bytes: Uint8Array) => Uint8Array {
  const chance = chances(seed);
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      const damage = chance(oneIn) === 0 ? chance(3) : null;
      if (damage === null) out.push(byte);
      else if (damage === 0) out.push(byte ^ (1 << chance(8)));
      else if (damage === 1) out.push(byte, byte);
    }
    return Uint8Array.from(out);
  };
}

/**
 * A wire that puts up to three bytes of nobody before what passes it, behind it or both, once in so many times, by turns
 * of a seeded chance.
 */
export function strayingWire(seed: number, oneIn: number): (bytes: Uint8Array) => Uint8Array {
  const chance = chances(seed);
  const some = (): number[] => {
    return chance(oneIn) === 0 ? Array.from({ length: 1 + chance(3) }, () => chance(256)) : [];
  };
  return (bytes) => Uint8Array.from([...some(), ...bytes, ...some()]);
}

export type WireFault = "stray" | "echo" | "garbled";

/** What a wire does to what a device sends, until it is told otherwise. */
export interface StrayWire {
  /** What the other end receives of it. */
  send(bytes: Uint8Array): Uint8Array;
  toggle(fault: WireFault): void;
  set(fault: WireFault, on: boolean): void;
  /** Whether what is sent to the device comes back to its sender. */
  readonly echoes: boolean;
  readonly state: string;
}

/** A byte that floats before, and one after. */
const LEADING = 0xff;
const TRAILING = 0x00;
/** What a wrong speed makes of a byte that was sent: nothing that ends a line or a frame. */
const GARBLED = 0x9e;

/**
 * A wire with what hand-made adapters do to it: bytes of nobody around what a device says, the sender's own bytes sent
 * back, or nothing that can be read.
 */
export function strayWire(): StrayWire {
  const faults = new Set<WireFault>();
  const set = (fault: WireFault, on: boolean): void => {
    if (on) faults.add(fault);
    else faults.delete(fault);
  };
  return {
    send: (bytes) => {
      if (faults.has("garbled")) return bytes.map(() => GARBLED);
      return faults.has("stray") ? Uint8Array.of(LEADING, ...bytes, TRAILING) : bytes;
    },
    toggle: (fault) => set(fault, !faults.has(fault)),
    set,
    get echoes() {
      return faults.has("echo");
    },
    get state() {
      return [...faults].join(" ");
    },
  };
}
