import type { Quirk } from "./quirks.ts";

const MEASURANDS = "MeterValuesSampledData";

/** A charger's configuration, as it comes from the factory: nothing of it is as a kiosk needs it. */
export class Keys {
  readonly #quirks: ReadonlySet<Quirk>;
  readonly #values = new Map<string, { value: string; readonly readonly: boolean }>();
  /** What is refused, beside what cannot be written. */
  readonly refused = new Set<string>();

  constructor(quirks: ReadonlySet<Quirk>) {
    this.#quirks = quirks;
    const factory: readonly (readonly [string, string])[] = [
      ["AuthorizeRemoteTxRequests", "true"],
      ["LocalPreAuthorize", "true"],
      ["LocalAuthorizeOffline", "true"],
      ["AllowOfflineTxForUnknownId", "true"],
      ["StopTransactionOnInvalidId", "false"],
      ["StopTransactionOnEVSideDisconnect", "true"],
      ["UnlockConnectorOnEVSideDisconnect", "true"],
      ["ConnectionTimeOut", "30"],
      ["MeterValueSampleInterval", "60"],
      [MEASURANDS, "Energy.Active.Import.Register,Power.Active.Import,Voltage,Current.Import"],
      ["StopTxnSampledData", ""],
      ["ClockAlignedDataInterval", "900"],
      ["HeartbeatInterval", "300"],
      ["TransactionMessageAttempts", "3"],
      ["TransactionMessageRetryInterval", "60"],
    ];
    for (const [key, value] of factory) this.#values.set(key, { value, readonly: false });
    this.#values.set("NumberOfConnectors", { value: "1", readonly: true });
  }

  get(key: string): string {
    return this.#values.get(key)?.value ?? "";
  }

  set(key: string, value: string): string {
    const found = this.#values.get(key);
    if (found === undefined) return "NotSupported";
    const isRefused = this.refused.has(key) || (key === MEASURANDS && this.#quirks.has("refuses-measurands"));
    if (found.readonly || isRefused) return "Rejected";
    found.value = value;
    return "Accepted";
  }

  list(): object[] {
    return [...this.#values].map(([key, { value, readonly }]) => ({ key, readonly, value }));
  }
}
