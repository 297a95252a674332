/**
 * A wire that damages one byte in so many: flips a bit of it, drops it or doubles it, by turns of a seeded chance, so
 * that what happened once can happen again.
 */
export function noisyWire(seed: number, oneIn: number): (bytes: Uint8Array) => Uint8Array {
  let state = seed >>> 0 || 1;
  const chance = (below: number): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
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
