import type { Keys } from "./keys.ts";
import type { SimulatedMeter } from "./meter.ts";
import type { Quirk } from "./quirks.ts";
import type { SimulatedTime } from "./time.ts";

const REGISTER = "Energy.Active.Import.Register";

/** How a charger tells of its meter and of the time, each in its own way. */
export class Telling {
  readonly #quirks: ReadonlySet<Quirk>;
  readonly #keys: Keys;
  readonly #meter: SimulatedMeter;
  readonly #time: SimulatedTime;
  #samples = 0;

  constructor(quirks: ReadonlySet<Quirk>, keys: Keys, meter: SimulatedMeter, time: SimulatedTime) {
    this.#quirks = quirks;
    this.#keys = keys;
    this.#meter = meter;
    this.#time = time;
  }

  registerOf(what: "start" | "stop" | "sample"): number {
    const isSession = this.#quirks.has("register-resets") || (this.#quirks.has("session-samples") && what === "sample");
    const wh = isSession ? this.#meter.sessionWh : this.#meter.lifetimeWh;
    if (this.#quirks.has("kwh-as-wh")) return what === "sample" ? wh / 1_000 : Math.floor(wh / 1_000);
    return wh;
  }

  sampledValues(context: string): object[] {
    this.#samples += 1;
    const isBlank = this.#quirks.has("blank-values");
    const wrap = this.#quirks.has("beyond-32-bit") && this.#samples % 2 === 0 ? 2 ** 32 : 0;
    const register = String(this.registerOf("sample") + wrap);
    const value = isBlank ? ` ${register} ` : register;
    const unit = isBlank ? {} : { unit: "Wh" };
    const isBare = this.#quirks.has("refuses-measurands");
    const measurand = isBare ? {} : { measurand: REGISTER };
    const energy = { value: isBlank && this.#samples % 3 === 0 ? "" : value, context, ...measurand, ...unit };
    const powerW = String(Math.round(this.#meter.powerW));
    const power = { value: powerW, context, measurand: "Power.Active.Import", unit: "W" };
    const begin = { value: "0", context: "Transaction.Begin", measurand: REGISTER, unit: "Wh" };
    return [energy, ...(isBare ? [] : [power]), ...(this.#quirks.has("begin-in-samples") ? [begin] : [])];
  }

  /** The register at the end, where it is set to tell it there too. */
  endData(): object {
    if (this.#keys.get("StopTxnSampledData") === "") return {};
    return { transactionData: [{ timestamp: this.stamp(), sampledValue: this.sampledValues("Transaction.End") }] };
  }

  stamp(): string {
    return new Date(this.#quirks.has("clock-1970") ? 0 : this.#time.wallMs()).toISOString();
  }
}
