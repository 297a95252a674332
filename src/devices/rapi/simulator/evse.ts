import { FLAG, LEAST_CURRENT_A, STATE } from "../codec.ts";

export interface EvseOptions {
  /** What the car takes when it may, in watts. */
  readonly carPowerW: number;
  /** Volts between what the car is connected to: bounds its power by the current offered. */
  readonly supplyV: number;
  readonly accumulatedWh: number;
  readonly hasBootLock: boolean;
  /** The car opens its contacts so long after the pilot's PWM ends; if it does not, the relay opens. */
  readonly carReactsMs: number;
}

const METER_STEP_MS = 250;
const RELAY_WAITS_MS = 3_000;
const BOOT_MS = 2_000;
const MOST_CURRENT_A = 80;

/**
 * What an OpenEVSE controller does, as `J1772EvseController.cpp` and `EnergyMeter.cpp` of its firmware do it, without
 * their debouncing. Its meter counts to the moment the relay opens. Time is given in milliseconds.
 */
export class Evse {
  readonly #options: EvseOptions;
  state: number = STATE.unknown;
  currentA = 32;
  limitKwh = 0;
  superviseS: number;
  fallbackA = 0;
  /** 2 while a missed pulse has not been acknowledged. */
  missed = 0;
  sessionWs = 0;
  endedWh: number;
  relayClosed = false;
  bootLocked: boolean;
  hasBootLock: boolean;
  plugged = false;
  /** What the pilot told last: not updated while disabled. */
  carConnected = false;
  carReady = false;
  welded = false;
  groundFault = false;
  #inSession = false;
  #limitSleep = false;
  #meteredMs = 0;
  /** What flowed since the meter last counted. */
  #uncountedWs = 0;
  #sleptMs = 0;
  #pulseMs = 0;
  #nowMs: number;
  #bootedMs: number | null = null;
  #lostWs = 0;
  #unmeteredWs = 0;
  readonly #startWh: number;

  constructor(options: EvseOptions, nowMs: number) {
    this.#options = options;
    this.endedWh = options.accumulatedWh;
    this.#startWh = options.accumulatedWh;
    this.superviseS = 0;
    this.hasBootLock = options.hasBootLock;
    this.bootLocked = options.hasBootLock;
    this.#nowMs = nowMs;
  }

  get isBooting(): boolean {
    return this.#bootedMs !== null;
  }

  get powerW(): number {
    const mayFlow = (this.relayClosed || this.welded) && this.plugged && this.carReady;
    return mayFlow ? Math.min(this.#options.carPowerW, this.currentA * this.#options.supplyV) : 0;
  }

  get flags(): number {
    const bits = [
      this.relayClosed ? FLAG.relayClosed : 0,
      this.carConnected ? FLAG.carConnected : 0,
      this.bootLocked ? FLAG.bootLocked : 0,
    ];
    return bits.reduce((all, bit) => all | bit, 0);
  }

  /** Watt-hours that flowed: what the meter told in sessions that ended, runs in this one, was forgotten, was not seen. */
  get releasedWh(): number {
    const session = this.#inSession ? Math.floor(this.sessionWs / 3_600) : 0;
    return this.endedWh - this.#startWh + session + Math.floor((this.#lostWs + this.#unmeteredWs) / 3_600);
  }

  /** True when it has just come up. */
  update(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    if (this.#bootedMs !== null) {
      if (nowMs < this.#bootedMs) return false;
      this.#bootedMs = null;
      return true;
    }
    const flowedWs = (this.powerW * elapsedMs) / 1_000;
    if (this.relayClosed) this.#uncountedWs += flowedWs;
    else this.#unmeteredWs += flowedWs;
    if (this.bootLocked || this.state === STATE.disabled) return false;
    this.carConnected = this.plugged;
    if (this.state === STATE.sleeping) {
      this.#whileSleeping();
    } else {
      this.#whileAwake();
      this.#superviseHost();
    }
    this.#meter();
    return false;
  }

  enable(): void {
    if (this.state !== STATE.disabled && this.state !== STATE.sleeping) return;
    this.#limitSleep = false;
    this.state = STATE.unknown;
  }

  disable(): void {
    this.state = STATE.disabled;
    this.#open();
  }

  sleep(): void {
    if (this.state === STATE.sleeping) return;
    this.state = STATE.sleeping;
    this.#sleptMs = this.#nowMs;
  }

  /** False when it had to be changed. */
  offer(currentA: number): boolean {
    this.currentA = Math.min(Math.max(currentA, LEAST_CURRENT_A), MOST_CURRENT_A);
    return this.currentA === currentA;
  }

  supervise(superviseS: number, fallbackA: number): void {
    this.superviseS = superviseS;
    this.fallbackA = fallbackA;
    this.missed = 0;
    this.#pulseMs = this.#nowMs;
  }

  /** False while a missed pulse has not been acknowledged. */
  pulse(): boolean {
    this.#pulseMs = this.#nowMs;
    return this.missed !== 2;
  }

  acknowledge(): void {
    if (this.missed !== 2) return;
    this.missed = 1;
    this.currentA = MOST_CURRENT_A;
  }

  /** Loses what is not in its memory, as without power. */
  restart(): void {
    this.forgetSession();
    this.relayClosed = false;
    this.#inSession = false;
    this.carConnected = false;
    this.state = STATE.unknown;
    this.limitKwh = 0;
    this.currentA = 32;
    this.bootLocked = this.hasBootLock;
    this.#pulseMs = this.#nowMs;
    this.#bootedMs = this.#nowMs + BOOT_MS;
  }

  forgetSession(): void {
    if (this.#inSession) this.#lostWs += this.sessionWs;
    this.sessionWs = 0;
  }

  #whileSleeping(): void {
    const isCarOff = !this.plugged || !this.carReady || this.#nowMs - this.#sleptMs >= this.#options.carReactsMs;
    if (this.relayClosed && (isCarOff || this.#nowMs - this.#sleptMs >= RELAY_WAITS_MS)) this.#open();
    if (this.#limitSleep && !this.plugged) this.enable();
  }

  #whileAwake(): void {
    if (this.groundFault) {
      this.state = STATE.groundFault;
      this.#open();
      if (!this.plugged) this.groundFault = false;
    } else if (!this.relayClosed && this.welded) {
      this.state = STATE.stuckRelay;
    } else if (!this.plugged) {
      this.state = STATE.unplugged;
      this.limitKwh = 0;
      this.#open();
    } else if (!this.carReady) {
      this.state = STATE.plugged;
      this.#open();
    } else if (!this.relayClosed) {
      this.state = STATE.charging;
      this.relayClosed = true;
      this.#meteredMs = this.#nowMs;
    } else if (this.limitKwh > 0 && this.sessionWs >= this.limitKwh * 3_600_000) {
      this.limitKwh = 0;
      this.#limitSleep = true;
      this.sleep();
    }
  }

  #superviseHost(): void {
    if (this.superviseS === 0 || this.#nowMs - this.#pulseMs <= this.superviseS * 1_000) return;
    this.missed = 2;
    this.#pulseMs = this.#nowMs;
    if (this.fallbackA < this.currentA) this.offer(this.fallbackA);
  }

  #meter(): void {
    if (this.carConnected && !this.#inSession) this.sessionWs = 0;
    if (!this.carConnected && this.#inSession) this.endedWh += Math.floor(this.sessionWs / 3_600);
    this.#inSession = this.carConnected;
    if (this.relayClosed && this.#nowMs - this.#meteredMs > METER_STEP_MS) this.#count();
  }

  #count(): void {
    const countedWs = Math.floor(this.#uncountedWs);
    this.sessionWs += countedWs;
    this.#uncountedWs -= countedWs;
    this.#meteredMs = this.#nowMs;
  }

  #open(): void {
    if (this.relayClosed) this.#count();
    this.relayClosed = false;
  }
}
