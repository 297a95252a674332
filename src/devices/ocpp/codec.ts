import { z } from "zod";

/** What a charger says of a connector that nothing is wrong with. Other words are kept as they are. */
export const STATUS = {
  available: "Available",
  preparing: "Preparing",
  charging: "Charging",
  suspendedByCharger: "SuspendedEVSE",
  suspendedByCar: "SuspendedEV",
  finishing: "Finishing",
  unavailable: "Unavailable",
  faulted: "Faulted",
} as const;

/** Lists are cut to so many entries: a message of any charger has a handful. */
const MOST_ENTRIES = 64;

/**
 * Schemas of what chargers send, from the JSON schemas of OCPP 1.6. They are read leniently, for no charger keeps to all
 * of them: numbers may be texts and texts numbers, words beyond the standard's and keys of a vendor's own are let pass,
 * and what may be left out may be null or empty.
 */
const words = z.preprocess(
  (given) => (typeof given === "number" || typeof given === "boolean" ? String(given) : given),
  z.string().transform((text) => text.trim().slice(0, 512)),
);
const maybeWords = words.nullish().transform((text) => (text === undefined || text === "" ? null : text));
const whole = z.preprocess((given) => numberOf(given), z.number().transform(Math.trunc).refine(Number.isSafeInteger));
const maybeNumber = z.unknown().transform((given) => {
  const found = numberOf(given);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
});
const entries = <T extends z.ZodType>(entry: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given.slice(0, MOST_ENTRIES) : []), z.array(entry));

function numberOf(given: unknown): unknown {
  if (typeof given !== "string") return given;
  const text = given.trim();
  return /^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?$/.test(text) ? Number(text) : undefined;
}

const sampledValue = z.object({
  value: words.catch(""),
  context: maybeWords.catch(null),
  format: maybeWords.catch(null),
  measurand: maybeWords.catch(null),
  phase: maybeWords.catch(null),
  location: maybeWords.catch(null),
  unit: maybeWords.catch(null),
});
const meterValue = entries(z.object({ timestamp: maybeWords.catch(null), sampledValue: entries(sampledValue) }));

export type MeterValue = z.output<typeof meterValue>;

export const bootNotification = z.object({
  chargePointVendor: maybeWords.catch(null),
  chargePointModel: maybeWords.catch(null),
  chargePointSerialNumber: maybeWords.catch(null),
  firmwareVersion: maybeWords.catch(null),
});

export const statusNotification = z.object({
  connectorId: whole.catch(0),
  status: words,
  errorCode: words.catch("NoError"),
  info: maybeWords.catch(null),
  vendorErrorCode: maybeWords.catch(null),
});

export const authorize = z.object({ idTag: words });

export const startTransaction = z.object({
  connectorId: whole.catch(0),
  idTag: words.catch(""),
  /** In what the charger counts in; null where it says nothing. */
  meterStart: maybeNumber,
  timestamp: maybeWords.catch(null),
});

export const stopTransaction = z.object({
  transactionId: whole.catch(0),
  idTag: maybeWords.catch(null),
  meterStop: maybeNumber,
  timestamp: maybeWords.catch(null),
  reason: maybeWords.catch(null),
  transactionData: meterValue,
});

export const meterValues = z.object({
  connectorId: whole.catch(0),
  transactionId: whole.nullable().catch(null),
  meterValue,
});

export type StatusNotification = z.output<typeof statusNotification>;
export type StartTransaction = z.output<typeof startTransaction>;
export type StopTransaction = z.output<typeof stopTransaction>;
export type MeterValues = z.output<typeof meterValues>;

/** Answers to what this program asks. */
export const statusAnswer = z.object({ status: words });
export const configurationAnswer = z.object({
  configurationKey: entries(
    z.object({ key: words, readonly: z.boolean().catch(false), value: maybeWords.catch(null) }),
  ),
  unknownKey: entries(words.catch("")),
});

export interface Sample {
  readonly registerWh: number | null;
  readonly powerW: number | null;
}

/** Of these only is the register where it stands now: a value at the begin of a transaction may come with each message. */
const CONTEXTS: readonly string[] = ["Sample.Periodic", "Sample.Clock", "Trigger", "Transaction.End"];
const REGISTER = "Energy.Active.Import.Register";
const POWER = "Power.Active.Import";
const FACTORS: Readonly<Record<string, number>> = { Wh: 1, kWh: 1_000, W: 1, kW: 1_000 };

/**
 * The newest register and power in a message. An empty text is no reading, and neither is a signed one, one of a phase
 * alone, one of the car's side, or one in an unknown unit.
 * @param scale what a watt-hour of the charger's register truly is: 1, or 1,000 for one that tells kilowatt-hours as Wh
 */
export function sampleOf(values: MeterValue, scale: number): Sample {
  let registerWh: number | null = null;
  let powerW: number | null = null;
  for (const { sampledValue } of values) {
    for (const { value, context, format, measurand, phase, location, unit } of sampledValue) {
      if (!CONTEXTS.includes(context ?? "Sample.Periodic") || format === "SignedData") continue;
      if (phase !== null || location === "EV" || location === "Inlet") continue;
      const number = numberOf(value);
      if (typeof number !== "number" || number < 0) continue;
      const isRegister = (measurand ?? REGISTER) === REGISTER;
      const factor = FACTORS[unit ?? (isRegister ? "Wh" : "W")];
      if (factor === undefined) continue;
      const atMost = Number.MAX_SAFE_INTEGER / (1_000 * scale);
      if (number * factor > atMost) continue;
      if (isRegister) registerWh = Math.floor(roundedMilli(number * factor * (unit === "kWh" ? 1 : scale)));
      else if (measurand === POWER) powerW = number * factor;
    }
  }
  return { registerWh, powerW };
}

/** 0.29 kWh are 290 Wh, whatever a binary fraction makes of it. */
function roundedMilli(number: number): number {
  return Math.round(number * 1_000) / 1_000;
}
