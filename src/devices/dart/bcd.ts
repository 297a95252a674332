/** Packed decimal digits, most significant first, as DART writes every number. */
export function encodeBcd(value: number, bytes: number): Uint8Array {
  const digits = String(value).padStart(2 * bytes, "0");
  if (!/^\d+$/.test(digits) || digits.length > 2 * bytes) {
    throw new RangeError(`${value} does not fit in ${2 * bytes} decimal digits`);
  }
  return Uint8Array.from({ length: bytes }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

/** Null where a nibble is no decimal digit. */
export function decodeBcd(bytes: Uint8Array): number | null {
  let value = 0;
  for (const byte of bytes) {
    const [high, low] = [byte >>> 4, byte & 0x0f];
    if (high > 9 || low > 9) return null;
    value = 100 * value + 10 * high + low;
  }
  return value;
}
