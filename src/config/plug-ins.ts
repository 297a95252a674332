import type { z } from "zod";
import type { Found } from "../ports/configured.ts";
import type { BoundDevice, DeviceFacts, DeviceFile, DevicePlugIn, DispenserConfig } from "../ports/device.ts";
import type { KeptFolder, PaymentPlugIn } from "../ports/payment-plug-in.ts";
import type { DisplayConfig } from "./display.ts";

/** What a configuration may name and only its plug-ins know: `wiring/plug-ins.ts` hands them over. */
export interface PlugIns {
  readonly devices: readonly DevicePlugIn<DeviceSchema>[];
  /** What is wrong with the screen that so many positions share, for codes as long as that; null for short ones. */
  readonly displayChecks: (display: DisplayConfig, positions: number, codeChars: number | null) => readonly Found[];
  readonly payments: readonly [Payment, ...Payment[]];
}

export type Payment = PaymentPlugIn<z.ZodType, z.ZodRawShape>;

type DeviceSchema = z.ZodObject<{ readonly driver: z.ZodLiteral<string> }>;

/** What is known of the device of a position. */
export function factsOf({ devices }: PlugIns, dispenser: DispenserConfig): BoundDevice {
  return deviceOf(devices, dispenser).bind(dispenser);
}

/** @throws Error for a driver that the schema, made of the same devices, has not let pass */
export function deviceOf<D extends DevicePlugIn<unknown>>(devices: readonly D[], { driver }: DispenserConfig): D {
  const found = devices.find((each) => each.driver === driver);
  if (found === undefined) throw new Error(`there is no device with the driver ${driver}`);
  return found;
}

/** What no other position may name too, and by which a meter is told from another. */
export function claimsOf({ port, lines }: Pick<DeviceFacts, "port" | "lines">): readonly string[] {
  const onPort =
    port?.alike === null ? [`port ${port.path}`] : (port?.own ?? []).map(({ name }) => `${name} on ${port?.path}`);
  return [...onPort, ...lines.map(({ line }) => `line ${line}`)];
}

/** The output lines, each of which inactive means that nothing can flow, in the order in which they are switched off. */
export function outputsOf({ lines }: Pick<DeviceFacts, "lines">): readonly { line: string; activeLow: boolean }[] {
  const outputs = lines.flatMap(({ line, opens }) => (opens === null ? [] : [{ line, ...opens }]));
  return [...outputs.filter(({ isLast }) => !isLast), ...outputs.filter(({ isLast }) => isLast)];
}

/** Every kind of file that a device may keep beside the journal, once. */
export function filesIn({ devices }: PlugIns): readonly DeviceFile[] {
  return [...new Map(devices.flatMap(({ files }) => files.map((file) => [file.kind, file]))).values()];
}

/** Every folder beside the journal in which payment services keep what their commands have made. */
export function keptIn({ payments }: Pick<PlugIns, "payments">): readonly KeptFolder[] {
  return payments.flatMap(({ keeps }) => (keeps === null ? [] : [keeps]));
}
