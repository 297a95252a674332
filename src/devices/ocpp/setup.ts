import { done, type Outcome } from "../../ports/outcome.ts";
import type { Calls } from "./calls.ts";
import { configurationAnswer, statusAnswer } from "./codec.ts";
import { FAULTS } from "./faults.ts";

export interface SetupSettings {
  /** How often the charger is to tell its register. */
  readonly sampleMs: number;
  /** How long a start waits for a car. */
  readonly connectionTimeoutMs: number;
  /** Keys that a person has set at the charger, which says nothing of them. */
  readonly setByHand: readonly string[];
}

/** Null where all is well. */
export interface SetupResult {
  readonly fault: string | null;
  readonly warning: string | null;
  readonly needsReboot: boolean;
}

/**
 * `guard`: without it somebody starts a charge while the kiosk is away. `money`: without it some energy may be given
 * away. `wish`: only noted.
 */
interface Wanted {
  readonly key: string;
  readonly value: string;
  readonly weight: "guard" | "money" | "wish";
  /** A charger without it does not do what the key is about. */
  readonly isOptional?: true;
}

function wantedKeys({ sampleMs, connectionTimeoutMs }: SetupSettings): readonly Wanted[] {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1_000));
  return [
    { key: "LocalPreAuthorize", value: "false", weight: "guard" },
    { key: "LocalAuthorizeOffline", value: "false", weight: "guard" },
    { key: "AllowOfflineTxForUnknownId", value: "false", weight: "guard", isOptional: true },
    { key: "AuthorizationCacheEnabled", value: "false", weight: "guard", isOptional: true },
    { key: "AuthorizeRemoteTxRequests", value: "false", weight: "wish" },
    { key: "StopTransactionOnInvalidId", value: "true", weight: "money" },
    { key: "MaxEnergyOnInvalidId", value: "0", weight: "money", isOptional: true },
    { key: "StopTransactionOnEVSideDisconnect", value: "true", weight: "money" },
    { key: "UnlockConnectorOnEVSideDisconnect", value: "true", weight: "wish" },
    { key: "ConnectionTimeOut", value: seconds(connectionTimeoutMs), weight: "wish" },
    { key: "MeterValueSampleInterval", value: seconds(sampleMs), weight: "guard" },
    // Few: there are chargers that take any list, and restart when they are to send it.
    { key: "MeterValuesSampledData", value: "Energy.Active.Import.Register,Power.Active.Import", weight: "money" },
    { key: "ClockAlignedDataInterval", value: "0", weight: "wish" },
    { key: "StopTxnSampledData", value: "Energy.Active.Import.Register", weight: "wish", isOptional: true },
    { key: "HeartbeatInterval", value: "60", weight: "wish" },
    { key: "WebSocketPingInterval", value: "30", weight: "wish", isOptional: true },
    { key: "TransactionMessageAttempts", value: "100", weight: "wish" },
    { key: "TransactionMessageRetryInterval", value: "10", weight: "wish" },
  ];
}

interface Found {
  readonly readonly: boolean;
  readonly value: string | null;
}

type Change = "set" | "reboot" | "absent" | "refused";

/**
 * Looks at what the charger is set to, and changes what differs. `unknown` when the charger went away meanwhile: then
 * it is done again.
 */
export async function configure(calls: Calls, settings: SetupSettings): Promise<Outcome<SetupResult>> {
  const listed = await calls.ask("GetConfiguration", {}, configurationAnswer);
  const found = new Map<string, Found>();
  if (listed.kind === "done") {
    for (const { key, ...rest } of listed.value.configurationKey) found.set(key.toLowerCase(), rest);
  }
  const wrong: Record<Wanted["weight"], string[]> = { guard: [], money: [], wish: [] };
  const byHand = settings.setByHand.map((key) => key.toLowerCase());
  let needsReboot = false;
  for (const wanted of wantedKeys(settings)) {
    const { key, value, weight, isOptional = false } = wanted;
    const there = found.get(key.toLowerCase());
    if (there !== undefined && isSame(there.value, value)) continue;
    if (there === undefined && isOptional && found.size > 0) continue;
    if (there === undefined && byHand.includes(key.toLowerCase())) continue;
    const change = there?.readonly === true ? done("refused" as const) : await changeKey(calls, key, value);
    if (change.kind !== "done") return change;
    if (change.value === "reboot") needsReboot = true;
    const isWrong = change.value === "refused" || (change.value === "absent" && !isOptional);
    if (isWrong && !byHand.includes(key.toLowerCase())) wrong[weight].push(sayKey(wanted, there));
  }
  return done({
    fault: wrong.guard.length > 0 ? FAULTS.keys(wrong.guard.join(", ")) : null,
    warning: wrong.money.length > 0 ? FAULTS.moneyKeys(wrong.money.join(", ")) : null,
    needsReboot,
  });
}

function sayKey({ key, value }: Wanted, found: Found | undefined): string {
  return found === undefined ? `${key}=${value}` : `${key}=${value} (it is ${found.value ?? "not told"})`;
}

async function changeKey(calls: Calls, key: string, value: string): Promise<Outcome<Change>> {
  const answer = await calls.ask("ChangeConfiguration", { key, value }, statusAnswer);
  if (answer.kind === "declined") return done("absent");
  if (answer.kind === "unknown") return answer;
  switch (answer.value.status) {
    case "Accepted":
      return done("set");
    case "RebootRequired":
      return done("reboot");
    case "NotSupported":
      return done("absent");
    default:
      return done("refused");
  }
}

/** Without regard to letters, blanks and quotes, in which chargers differ. */
function isSame(found: string | null, wanted: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/["'\s]/g, "");
  return found !== null && plain(found) === plain(wanted);
}
