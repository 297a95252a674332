/** One change as the kernel tells it (linux/input.h). */
export interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

export const EV_SYN = 0;
export const EV_KEY = 1;
export const EV_ABS = 3;
export const SYN_REPORT = 0;
export const SYN_DROPPED = 3;
export const ABS_X = 0x00;
export const ABS_Y = 0x01;
export const ABS_MT_SLOT = 0x2f;
export const ABS_MT_POSITION_X = 0x35;
export const ABS_MT_POSITION_Y = 0x36;
export const ABS_MT_TRACKING_ID = 0x39;
export const BTN_TOUCH = 0x14a;

const ARCHITECTURES_OF_32_BITS: readonly string[] = ["arm", "ia32", "mips", "mipsel", "ppc", "s390"];

/** `struct input_event`: a time of two longs, type and code of 16 bits, a value of 32. */
export function eventBytes(architecture: string = process.arch): number {
  return ARCHITECTURES_OF_32_BITS.includes(architecture) ? 16 : 24;
}

/** Whole events out of bytes, and what is left of one that has only begun. */
export function eventsIn(
  bytes: Uint8Array,
  sizeBytes: number,
): { readonly events: readonly InputEvent[]; readonly rest: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: InputEvent[] = [];
  let at = 0;
  for (; at + sizeBytes <= bytes.length; at += sizeBytes) {
    const end = at + sizeBytes;
    events.push({
      type: view.getUint16(end - 8, true),
      code: view.getUint16(end - 6, true),
      value: view.getInt32(end - 4, true),
    });
  }
  return { events, rest: bytes.slice(at) };
}
