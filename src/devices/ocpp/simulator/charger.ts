import type { BenchDevice } from "../../bench/device.ts";
import { decodeFrame, encodeFrame } from "../frame.ts";
import { ACTIONS } from "./actions.ts";
import { answerTo, type Commanded } from "./commands.ts";
import { Keys } from "./keys.ts";
import { SimulatedMeter } from "./meter.ts";
import { Outbox } from "./outbox.ts";
import { isQuirk, type Quirk } from "./quirks.ts";
import { Telling } from "./telling.ts";
import type { SimulatedTime, SimulatedWire } from "./time.ts";

export interface ChargerOptions {
  readonly quirks?: readonly Quirk[];
  /** What the car takes. */
  readonly carPowerW?: number;
  /** Where its register stands at first. */
  readonly bornWh?: number;
  readonly connector?: number;
  readonly isPlugged?: boolean;
  /** A next car comes by itself once one has charged. */
  readonly carsFollow?: boolean;
}

const CONNECT_MS = 1_000;
const BOOT_MS = 400;
const BEGIN_MS = 300;
const NEXT_CAR_MS = 2_000;
const LATE_MS = 12_000;
const FREE_TAG = "#FreeCharging";
const LEAST_W = 1_380;

interface Transaction {
  id: number | null;
  readonly tag: string;
}

/** A charger with one connector and a car, at the other end of a connection that it opens itself. */
export class SimulatedCharger implements BenchDevice, Commanded {
  readonly kind = "charger-ocpp";
  readonly actions = ACTIONS;
  readonly connector: number;
  readonly keys: Keys;
  readonly quirks: Set<Quirk>;
  readonly meter: SimulatedMeter;
  readonly #time: SimulatedTime;
  readonly #outbox: Outbox;
  readonly #telling: Telling;
  readonly #options: ChargerOptions;
  /** Opens a connection; what comes over it goes to `received`. */
  readonly #connect: (charger: SimulatedCharger) => void;
  #wire: SimulatedWire | null = null;
  #hasRestarted = true;
  #isAccepted = false;
  #isOffline = false;
  #isMute = false;
  #isWelded = false;
  #isSampling = true;
  #isFaulty = false;
  #isPlugged: boolean;
  #carWants = true;
  #limitW = Number.POSITIVE_INFINITY;
  #status = "Available";
  #transaction: Transaction | null = null;
  #isBeginning = false;
  #ended = 0;
  #cancelSample: () => void = () => {};
  #triggers: number[] = [];
  #closed = false;

  constructor(options: ChargerOptions, time: SimulatedTime, connect: (charger: SimulatedCharger) => void) {
    this.#options = options;
    this.#time = time;
    this.#connect = connect;
    this.connector = options.connector ?? 1;
    this.quirks = new Set(options.quirks);
    this.keys = new Keys(this.quirks);
    this.meter = new SimulatedMeter(time, options.bornWh ?? 1_977_389);
    this.#outbox = new Outbox(time);
    this.#telling = new Telling(this.quirks, this.keys, this.meter, time);
    this.#isPlugged = options.isPlugged ?? false;
    this.#status = this.#isPlugged ? "Preparing" : "Available";
    connect(this);
    this.#planSample();
  }

  /** Its connection is there. */
  opened(wire: SimulatedWire): void {
    if (this.#closed || this.#isOffline) {
      wire.close();
      return;
    }
    this.#wire = wire;
    this.#outbox.use(wire);
    if (!this.#hasRestarted || this.quirks.has("no-boot")) {
      this.#greet();
      return;
    }
    this.#time.after(BOOT_MS, () => this.#wire === wire && this.sayBoot());
  }

  /** Its connection ended, or could not be opened: it comes again. */
  lost(wire: SimulatedWire | null): void {
    if (wire !== this.#wire && wire !== null) return;
    this.#wire = null;
    this.#outbox.use(null);
    if (!this.#isOffline && !this.#closed) this.#time.after(CONNECT_MS, () => this.#reconnect());
  }

  received(text: string): void {
    if (this.#isMute) return;
    const frame = decodeFrame(text);
    if (frame === undefined) return;
    if (frame.kind !== "call") {
      this.#outbox.answered(text);
      return;
    }
    if (!this.#isAccepted && this.quirks.has("boot-loop")) {
      this.reboot("SoftReset");
      return;
    }
    const { id, action, payload } = frame;
    const answer = answerTo(this, action, payload);
    if (answer === null) this.#wire?.send(encodeFrame({ kind: "error", id, code: "NotImplemented", description: "" }));
    else this.#wire?.send(encodeFrame({ kind: "result", id, payload: answer.payload }));
    answer?.then?.();
  }

  act(id: string): void {
    if (isQuirk(id)) {
      if (!this.quirks.delete(id)) this.quirks.add(id);
      return;
    }
    const work = this.#work[id];
    if (work === undefined) throw new Error(`a charger has no action "${id}"`);
    work();
  }

  state(): Readonly<Record<string, string | number | boolean>> {
    return {
      ...{ connected: this.#wire !== null, status: this.#status, plugged: this.#isPlugged },
      transaction: this.#transaction?.id ?? (this.#transaction === null ? "none" : "not told"),
      ...{ power: Math.round(this.meter.powerW), register: this.meter.lifetimeWh, queued: this.#outbox.kept },
      quirks: [...this.quirks].join(" "),
    };
  }

  releasedBase(): number {
    return this.meter.releasedWh;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSample();
    this.#wire?.close();
    this.#wire = null;
    this.#outbox.use(null);
  }

  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  get transactionId(): number | null {
    return this.#transaction?.id ?? null;
  }

  get isBusy(): boolean {
    return this.#transaction !== null || this.#isBeginning || this.#isFaulty;
  }

  /** A command comes; false when it is one too many, and the connection is lost over it. */
  triggered(): void {
    const nowMs = this.#time.monotonicMs();
    this.#triggers = [...this.#triggers, nowMs].filter((ms) => nowMs - ms < 60_000);
    if (this.quirks.has("no-trigger-storm") && this.#triggers.length > 6) this.#drop();
  }

  sayBoot(): void {
    const boot = { chargePointVendor: "kioskd", chargePointModel: "Bench", firmwareVersion: "1" };
    this.#outbox.first("BootNotification", boot, () => {
      this.#hasRestarted = false;
      this.#isAccepted = true;
      this.#greet();
    });
  }

  sayStatus(): void {
    const errorCode = this.#isFaulty ? "GroundFailure" : "NoError";
    const status = this.#isFaulty ? "Faulted" : this.#status;
    const payload = { connectorId: this.connector, errorCode, status, timestamp: this.#telling.stamp() };
    this.#outbox.say("StatusNotification", payload);
  }

  begin(tag: string): void {
    if (!this.#isPlugged && this.quirks.has("forgets-start")) return;
    this.#isBeginning = true;
    this.#time.after(BEGIN_MS, () => {
      this.#isBeginning = false;
      if (this.#isPlugged && this.#transaction === null) this.#began(tag);
    });
  }

  end(reason: string): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    if (this.#isWelded && reason === "Remote") return;
    this.#transaction = null;
    const goesOn = reason === "EmergencyStop" && this.quirks.has("emergency-goes-on");
    if (!goesOn) this.meter.powerW = 0;
    const meterStop = this.#telling.registerOf("stop");
    const transactionData = this.#telling.endData();
    if (this.quirks.has("creeps-after-stop")) this.meter.creep(20);
    const forgotten = this.#ended++ % 2 === 0 ? -1 : 0;
    const begin = { ...transaction };
    const say = (): void => {
      // What it was given may have come meanwhile.
      const transactionId = this.quirks.has("forgets-id") ? forgotten : (begin.id ?? transaction.id ?? 0);
      const payload = {
        transactionId,
        idTag: transaction.tag,
        meterStop,
        timestamp: this.#telling.stamp(),
        reason,
        ...transactionData,
      };
      this.#outbox.say("StopTransaction", payload);
      if (this.quirks.has("says-twice")) this.#outbox.say("StopTransaction", payload);
    };
    const isEarly = this.quirks.has("status-disorder");
    if (isEarly) this.#become("Finishing");
    if (this.quirks.has("late-stops")) this.#time.after(LATE_MS, say);
    else say();
    if (!isEarly) this.#become(this.#isPlugged ? "Finishing" : "Available");
    if (this.#options.carsFollow === true) this.#time.after(NEXT_CAR_MS, () => this.#nextCar());
  }

  limit(limitW: number): void {
    if (limitW === 0 && this.quirks.has("zero-ends")) {
      this.end("Other");
      return;
    }
    this.#limitW = limitW;
    this.#flow();
  }

  setAvailable(isOperative: boolean): void {
    if (this.quirks.has("availability-disturbs") && this.#transaction === null) this.#isFaulty = true;
    if (!isOperative) {
      this.#isWelded = false;
      this.meter.powerW = 0;
      this.end("Other");
    }
    this.#become(isOperative ? (this.#isPlugged ? "Preparing" : "Available") : "Unavailable");
  }

  reboot(reason: "PowerLoss" | "SoftReset" | "HardReset" | null): void {
    this.#isWelded = false;
    this.meter.powerW = 0;
    if (reason === null) this.#transaction = null;
    else this.end(reason);
    if (this.quirks.has("register-resets")) this.meter.setToZero();
    this.#status = this.#isPlugged ? "Preparing" : "Available";
    this.#hasRestarted = true;
    this.#isAccepted = false;
    this.#drop();
  }

  saySample(context: string): void {
    const transactionId = this.#transaction?.id ?? null;
    const isAnonymous = this.quirks.has("connector-zero");
    const measurands = this.keys.get("MeterValuesSampledData").split(",");
    if (this.quirks.has("reboots-on-many") && measurands.length > 2) {
      this.reboot("SoftReset");
      return;
    }
    const idleId = isAnonymous ? { transactionId: 0 } : {};
    this.#outbox.say("MeterValues", {
      connectorId: isAnonymous ? 0 : this.connector,
      ...(transactionId === null ? idleId : { transactionId }),
      meterValue: [{ timestamp: this.#telling.stamp(), sampledValue: this.#telling.sampledValues(context) }],
    });
  }

  readonly #work: Readonly<Record<string, () => void>> = {
    "plug-in": () => this.#plugIn(),
    charge: () => this.#want(true),
    full: () => this.#want(false),
    unplug: () => this.#unplug(),
    offline: () => {
      this.#isOffline = !this.#isOffline;
      if (this.#isOffline) this.#drop();
      else this.#reconnect();
    },
    reboot: () => this.reboot("PowerLoss"),
    "reboot-forgets": () => this.reboot(null),
    "ground-fault": () => {
      this.#isFaulty = !this.#isFaulty;
      if (this.#isFaulty) this.end("EmergencyStop");
      this.sayStatus();
    },
    "start-alone": () => {
      if (this.#transaction === null && this.#isPlugged) this.#began(FREE_TAG);
    },
    weld: () => {
      this.#isWelded = !this.#isWelded;
    },
    "no-samples": () => {
      this.#isSampling = !this.#isSampling;
    },
    mute: () => {
      this.#isMute = !this.#isMute;
    },
    emergency: () => this.end("EmergencyStop"),
  };

  #plugIn(): void {
    if (this.#isPlugged) return;
    this.#isPlugged = true;
    this.#carWants = true;
    this.#become("Preparing");
    if (this.quirks.has("free-vend")) this.#began(FREE_TAG);
  }

  #unplug(): void {
    this.#isPlugged = false;
    this.end("EVDisconnected");
    this.meter.powerW = 0;
    if (!this.quirks.has("status-disorder")) this.#become("Available");
  }

  #nextCar(): void {
    this.#unplug();
    this.#time.after(NEXT_CAR_MS, () => this.#plugIn());
  }

  #want(wants: boolean): void {
    this.#carWants = wants;
    this.#flow();
    if (this.#transaction !== null) this.#become(wants ? "Charging" : "SuspendedEV");
  }

  #began(tag: string): void {
    if (this.quirks.has("register-resets") || this.quirks.has("session-samples")) this.meter.setToZero();
    this.#limitW = Number.POSITIVE_INFINITY;
    const transaction: Transaction = { id: null, tag };
    this.#transaction = transaction;
    const meterStart = this.quirks.has("no-meter-start") ? 0 : this.#telling.registerOf("start");
    const payload = { connectorId: this.connector, idTag: tag, meterStart, timestamp: this.#telling.stamp() };
    const learn = (answer: unknown): void => {
      const { transactionId, idTagInfo } = answer as { transactionId: number; idTagInfo: { status: string } };
      transaction.id = transactionId;
      const stops = this.keys.get("StopTransactionOnInvalidId") === "true";
      if (idTagInfo.status !== "Accepted" && stops && !this.#isWelded) this.end("DeAuthorized");
    };
    this.#outbox.say("StartTransaction", payload, learn);
    if (this.quirks.has("says-twice")) this.#outbox.say("StartTransaction", payload);
    this.#flow();
    this.#become(this.#carWants ? "Charging" : "SuspendedEV");
    this.#planSample();
  }

  #flow(): void {
    const { carPowerW = 11_000 } = this.#options;
    const offeredW = this.#limitW < LEAST_W ? 0 : this.#limitW;
    this.meter.powerW = this.#transaction !== null && this.#carWants ? Math.min(carPowerW, offeredW) : 0;
  }

  #become(status: string): void {
    if (this.#status === status) return;
    this.#status = status;
    this.sayStatus();
  }

  #greet(): void {
    this.sayStatus();
    this.#outbox.next();
  }

  #drop(): void {
    const wire = this.#wire;
    this.#wire = null;
    this.#outbox.use(null);
    wire?.close();
    if (!this.#isOffline && !this.#closed) this.#time.after(CONNECT_MS, () => this.#reconnect());
  }

  #reconnect(): void {
    if (!this.#closed && !this.#isOffline && this.#wire === null) this.#connect(this);
  }

  #planSample(): void {
    this.#cancelSample();
    const intervalS = Number(this.keys.get("MeterValueSampleInterval")) || 60;
    this.#cancelSample = this.#time.after(intervalS * 1_000, () => {
      const isTurn = this.#transaction !== null || this.meter.powerW > 0 || this.quirks.has("connector-zero");
      if (isTurn && this.#isSampling && !this.#isMute) this.saySample("Sample.Periodic");
      if (!this.#closed) this.#planSample();
    });
  }
}
