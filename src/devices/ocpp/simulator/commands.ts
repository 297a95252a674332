import { z } from "zod";
import type { Keys } from "./keys.ts";
import type { Quirk } from "./quirks.ts";

/** What a command may do to a charger. */
export interface Commanded {
  readonly connector: number;
  readonly keys: Keys;
  readonly quirks: ReadonlySet<Quirk>;
  readonly isPlugged: boolean;
  readonly isBusy: boolean;
  readonly transactionId: number | null;
  begin(tag: string): void;
  end(reason: string): void;
  limit(limitW: number): void;
  setAvailable(isOperative: boolean): void;
  reboot(reason: "SoftReset" | "HardReset"): void;
  sayBoot(): void;
  sayStatus(): void;
  saySample(context: string): void;
  triggered(): void;
}

interface Answer {
  readonly payload: object;
  /** Done once the answer is under way. */
  then?: () => void;
}

const WATTS_PER_A = 3 * 230;

const remoteStart = z.object({ idTag: z.string(), connectorId: z.int().optional() });
const remoteStop = z.object({ transactionId: z.int() });
const profile = z.object({
  csChargingProfiles: z.object({
    stackLevel: z.int(),
    chargingProfileKind: z.string(),
    chargingSchedule: z.object({
      chargingRateUnit: z.enum(["A", "W"]),
      chargingSchedulePeriod: z.array(z.object({ limit: z.number() })).min(1),
    }),
  }),
});
const change = z.object({ key: z.string(), value: z.string() });
const trigger = z.object({ requestedMessage: z.string() });
const typed = z.object({ type: z.string() });

/** Null for what it does not know. Throws for what no charger would understand. */
export function answerTo(charger: Commanded, action: string, payload: unknown): Answer | null {
  switch (action) {
    case "RemoteStartTransaction":
      return begun(charger, remoteStart.parse(payload));
    case "RemoteStopTransaction": {
      const { transactionId } = remoteStop.parse(payload);
      if (charger.transactionId !== transactionId) return said("Rejected");
      return said("Accepted", () => charger.end("Remote"));
    }
    case "SetChargingProfile":
      return limited(charger, profile.parse(payload));
    case "ChangeConfiguration": {
      const { key, value } = change.parse(payload);
      return said(charger.keys.set(key, value));
    }
    case "GetConfiguration":
      return { payload: { configurationKey: charger.keys.list() } };
    case "TriggerMessage":
      return triggered(charger, trigger.parse(payload));
    case "ChangeAvailability": {
      const { type } = typed.parse(payload);
      return said("Accepted", () => charger.setAvailable(type === "Operative"));
    }
    case "Reset": {
      const reason = typed.parse(payload).type === "Hard" ? "HardReset" : "SoftReset";
      return said("Accepted", () => charger.reboot(reason));
    }
    default:
      return null;
  }
}

function said(status: string, then?: () => void): Answer {
  return { payload: { status }, ...(then === undefined ? {} : { then }) };
}

function begun(charger: Commanded, { idTag, connectorId }: z.output<typeof remoteStart>): Answer {
  const { quirks } = charger;
  if (quirks.has("hex-tags-only") && !/^[\dA-F]{1,20}$/.test(idTag)) return said("Rejected");
  if (connectorId === undefined && quirks.has("needs-connector")) return said("Rejected");
  const isHere = connectorId === undefined || connectorId === charger.connector;
  if (!isHere || charger.isBusy || idTag.length > 20) return said("Rejected");
  if (!charger.isPlugged && !quirks.has("forgets-start")) return said("Rejected");
  return said("Accepted", () => charger.begin(idTag));
}

function limited(charger: Commanded, { csChargingProfiles }: z.output<typeof profile>): Answer {
  const { stackLevel, chargingProfileKind, chargingSchedule } = csChargingProfiles;
  const { chargingRateUnit, chargingSchedulePeriod } = chargingSchedule;
  const { quirks } = charger;
  const isBeyond = quirks.has("level-zero-only") && stackLevel > 0;
  const isRelativeWatts = chargingProfileKind === "Relative" && chargingRateUnit === "W";
  if (isBeyond || (quirks.has("relative-watts-only") && !isRelativeWatts)) return said("Rejected");
  const limit = chargingSchedulePeriod[0]?.limit ?? 0;
  return said("Accepted", () => charger.limit(chargingRateUnit === "A" ? limit * WATTS_PER_A : limit));
}

function triggered(charger: Commanded, { requestedMessage }: z.output<typeof trigger>): Answer {
  const messages: Readonly<Record<string, () => void>> = {
    BootNotification: () => charger.sayBoot(),
    StatusNotification: () => charger.sayStatus(),
    MeterValues: () => charger.saySample("Trigger"),
  };
  charger.triggered();
  const say = messages[requestedMessage];
  return say === undefined ? said("NotImplemented") : said("Accepted", say);
}
