import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { Chaos } from "./sim-chaos.ts";
import { answer, type Life, type VirtualTime, whenAwake } from "./virtual-clock.ts";

const TICK_MS = 500;
/** What a meter may be ahead of itself after a restart: what flows in years. */
const ELSEWHERE_S = 100_000_000;

/** What the person at the nozzle does once it is free. */
export interface Draw {
  readonly wantBase: number;
  readonly startDelayMs: number;
  readonly rateBasePerS: number;
}

export interface Armed {
  readonly saleId: string;
  readonly life: Life;
  readonly endBase: number;
  readonly sinceMs: number;
  flowedBase: number;
  /** From then on the device is at fault when it goes on, not the daemon. */
  stopAsked: boolean;
}

/** Why what was measured may honestly differ from what flowed. */
export type Excuse =
  | "meter-jump"
  | "meter-wrong-unopposed"
  | "meter-forgot"
  | "meter-unread"
  | "stop-unconfirmed"
  | "leak";

export interface DispenserWorld {
  readonly time: VirtualTime;
  readonly chaos: Chaos;
  /** The sale for which it is armed, when the daemon may do so. */
  arming(position: string, life: Life, limitBase: number): string;
  note(text: () => string): void;
}

/** A device at one position: what physically flows, and apart from that what it says. */
export class SimDispenser {
  readonly position: string;
  /** Its meter counts on the daemon's machine, and forgets when that stops. */
  readonly forgets: boolean;
  readonly flowedBySale = new Map<string, number>();
  readonly rateBySale = new Map<string, number>();
  readonly excuses = new Map<string, Set<Excuse>>();
  /** Sales of which it has said that nobody can tell what came out. */
  readonly disputed = new Set<string>();
  armed: Armed | null = null;
  draw: Draw = { wantBase: 0, startDelayMs: 0, rateBasePerS: 0 };
  /** Since when the daemon knows of a fault that still stands. */
  faultToldAtMs: number | null = null;
  readonly #world: DispenserWorld;
  #totalBase = 0;
  #reportErrorBase = 0;
  #pendingArm: object | null = null;
  #faulty = false;
  /** Of the delivery of which it cannot say what came out, and the run of the daemon that has asked. */
  #dispute: { readonly saleId: string; toldTo: Life | null } | null = null;
  #lastSaleId: string | null = null;
  #wasWrong = false;
  /** Whether the meter answered when it was last asked. */
  lastAnswered = true;
  #emit: (event: DispenserEvent) => void = () => {};

  constructor(position: string, forgets: boolean, world: DispenserWorld) {
    this.position = position;
    this.forgets = forgets;
    this.#world = world;
    this.#totalBase = forgets ? 0 : world.chaos.random.int(0, 10_000_000);
  }

  portOf(life: Life): Dispenser {
    const mostBasePerS = (): number => this.#mostBasePerS();
    return {
      readingStepMs: this.forgets ? 1_000 : null,
      get mostBasePerS() {
        return mostBasePerS();
      },
      arm: (limitBase) => this.#arm(life, limitBase),
      stop: () => this.#stop(life),
      totaliser: () => this.#totaliser(life),
      listen: (listener) => this.#listen(life, listener),
      close: () => answer(this.#world.time, life, 1, () => undefined),
    };
  }

  /** The machine of the daemon stops. A device of its own goes on, unless a watchdog ends it. */
  hostDied(): void {
    this.faultToldAtMs = null;
    this.#pendingArm = null;
    if (this.forgets) {
      if (this.#lastSaleId !== null) this.excuse(this.#lastSaleId, "meter-forgot");
      this.#reportErrorBase = -this.#totalBase;
      this.armed = null;
    } else {
      if (this.armed !== null && this.#world.chaos.strikes("meter-elsewhere")) {
        this.#reportErrorBase += this.#mostBasePerS() * ELSEWHERE_S;
      }
      if (this.#world.chaos.random.chance(0.5)) this.armed = null;
    }
  }

  #mostBasePerS(): number {
    return 2 * this.draw.rateBasePerS;
  }

  /** Nobody but who took it away can stop it any more, and they do. */
  taken(): void {
    this.#pendingArm = null;
    this.armed = null;
  }

  /** Another meter stands here from now on, which counts from wherever it stood. */
  metered(): void {
    this.taken();
    this.#reportErrorBase = this.#world.chaos.random.int(0, 2_000_000) - this.#totalBase;
  }

  excuse(saleId: string, why: Excuse): void {
    const known = this.excuses.get(saleId) ?? new Set();
    this.excuses.set(saleId, known.add(why));
  }

  #listen(life: Life, listener: (event: DispenserEvent) => void): void {
    if (!life.alive) return;
    this.#emit = (event) =>
      whenAwake(this.#world.time, life, () => {
        if (event.type === "fault-raised") this.faultToldAtMs ??= this.#world.time.elapsedMs;
        if (event.type === "fault-cleared") this.faultToldAtMs = null;
        listener(event);
      });
    if (this.#faulty) this.#emit({ type: "fault-raised", detail: "still out of order" });
  }

  #arm(life: Life, limitBase: number): Promise<Outcome<null>> {
    const { time, chaos } = this.#world;
    if (!life.alive) return new Promise(() => {});
    const saleId = this.#world.arming(this.position, life, limitBase);
    if (this.#faulty || chaos.strikes("arm-refused")) {
      return answer(time, life, 50, () => declined<null>("refused", "not now"));
    }
    if (chaos.strikes("arm-request-lost")) return answer(time, life, 2_000, () => unknown<null>("no answer to arm"));
    const delayMs = chaos.strikes("arm-late") ? chaos.random.int(1_000, 8_000) : 50;
    const answerLost = chaos.strikes("arm-answer-lost");
    const pending = {};
    this.#pendingArm = pending;
    const sticks = chaos.strikes("valve-sticks");
    const endBase = sticks ? limitBase + chaos.random.int(1, Math.max(1, limitBase >> 3)) : limitBase;
    time.after(delayMs, () => {
      if (this.#pendingArm !== pending) return;
      this.#pendingArm = null;
      this.#world.note(() => `[${this.position}] armed for ${saleId}, limit ${limitBase}`);
      this.armed = { saleId, life, endBase, sinceMs: time.elapsedMs, flowedBase: 0, stopAsked: false };
      this.#dispute = chaos.strikes("delivery-disputed") ? { saleId, toldTo: null } : null;
      this.#tick(this.armed);
    });
    return answerLost
      ? answer(time, life, delayMs + 2_000, () => unknown<null>("no answer to arm"))
      : answer(time, life, delayMs, () => done(null));
  }

  #stop(life: Life): Promise<Outcome<null>> {
    const { time, chaos } = this.#world;
    if (!life.alive) return new Promise(() => {});
    const { armed } = this;
    const deaf = chaos.lasts("stop-unconfirmed", this.position, 0, 15_000);
    if (armed !== null) armed.stopAsked = true;
    if (deaf && chaos.random.chance(0.5)) {
      if (armed !== null) this.excuse(armed.saleId, "stop-unconfirmed");
      return answer(time, life, 300, () => unknown<null>("stop not confirmed"));
    }
    this.#pendingArm = null;
    const delayMs = chaos.random.int(10, 700);
    time.after(delayMs, () => {
      if (this.armed !== armed) return;
      this.armed = null;
      if (armed !== null && chaos.strikes("valve-leaks")) this.#leak(armed, chaos.random.int(1, 3));
    });
    return answer(time, life, delayMs, () => (deaf ? unknown<null>("stop not confirmed") : done(null)));
  }

  #totaliser(life: Life): Promise<Outcome<number>> {
    const { time } = this.#world;
    if (!life.alive) return new Promise(() => {});
    return answer(time, life, 30, () => {
      this.lastAnswered = !this.#unreadable();
      if (this.lastAnswered && this.#disputes(life)) return declined<number>("disputed", "its figures differ");
      return this.lastAnswered
        ? done(this.#totalBase + this.#reportErrorBase)
        : unknown<number>("meter does not answer");
    });
  }

  /** Whoever asks again has heard it; a run that ended may have died of the news. */
  #disputes(life: Life): boolean {
    const dispute = this.armed === null ? this.#dispute : null;
    if (dispute === null) return false;
    if (dispute.toldTo === life) this.#dispute = null;
    else this.disputed.add(dispute.saleId);
    dispute.toldTo = life;
    return this.#dispute !== null;
  }

  #unreadable(): boolean {
    const mostMs = this.forgets ? 30_000 : 900_000;
    const unreadable = this.#world.chaos.lasts("meter-unreadable", this.position, 100, mostMs);
    const saleId = this.#lastSaleId;
    if (unreadable && this.forgets && saleId !== null) this.excuse(saleId, "meter-unread");
    return unreadable;
  }

  #tick(armed: Armed): void {
    const { time } = this.#world;
    this.#lastSaleId = armed.saleId;
    this.rateBySale.set(armed.saleId, this.draw.rateBasePerS);
    time.after(TICK_MS, () => {
      if (this.armed !== armed) return;
      this.#flow(armed);
      this.#mishap(armed);
      if (this.armed === armed) this.#tick(armed);
    });
  }

  /** It is closed, and some goes on for a moment. */
  #leak(armed: Armed, ticks: number): void {
    if (ticks === 0) return;
    this.excuse(armed.saleId, "leak");
    this.#world.time.after(TICK_MS, () => {
      this.#pour(armed, Math.ceil(this.draw.rateBasePerS / 10));
      this.#read();
      this.#leak(armed, ticks - 1);
    });
  }

  #pour(armed: Armed, flowBase: number): void {
    armed.flowedBase += flowBase;
    this.#totalBase += flowBase;
    this.flowedBySale.set(armed.saleId, (this.flowedBySale.get(armed.saleId) ?? 0) + flowBase);
  }

  #flow(armed: Armed): void {
    const { time, chaos } = this.#world;
    if (time.elapsedMs - armed.sinceMs < this.draw.startDelayMs) {
      this.#read();
      return;
    }
    const endBase = Math.min(armed.endBase, this.draw.wantBase);
    const stepBase = Math.floor((this.draw.rateBasePerS * TICK_MS) / 1_000);
    const flowBase = Math.max(0, Math.min(stepBase, endBase - armed.flowedBase));
    this.#pour(armed, flowBase);
    this.#read();
    if (armed.flowedBase < endBase) return;
    this.armed = null;
    if (this.#wasWrong) this.excuse(armed.saleId, "meter-wrong-unopposed");
    this.#world.note(() => `[${this.position}] flowed ${armed.flowedBase} for ${armed.saleId}`);
    if (!chaos.strikes("finish-lost")) this.#emit({ type: "finished" });
  }

  #read(): void {
    if (this.#unreadable()) return;
    const saidBase = this.#totalBase + this.#reportErrorBase;
    const wrong = this.#lastSaleId !== null && this.#world.chaos.strikes("meter-wrong-once");
    if (wrong && this.#wasWrong && this.#lastSaleId !== null) this.excuse(this.#lastSaleId, "meter-wrong-unopposed");
    this.#wasWrong = wrong;
    const errorBase = wrong ? Math.max(-saidBase, this.#world.chaos.random.int(-50_000, 50_000)) : 0;
    this.#emit({ type: "reading", totaliserBase: saidBase + errorBase });
  }

  #mishap(armed: Armed): void {
    const { time, chaos } = this.#world;
    if (chaos.strikes("meter-jump")) {
      this.excuse(armed.saleId, "meter-jump");
      const saidBase = this.#totalBase + this.#reportErrorBase;
      this.#reportErrorBase += Math.max(-saidBase, chaos.random.int(-50_000, 50_000));
    }
    if (chaos.strikes("meter-reset")) {
      this.excuse(armed.saleId, "meter-jump");
      this.#reportErrorBase = -this.#totalBase;
    }
    if (this.#faulty || !chaos.strikes("device-fault")) return;
    this.#faulty = true;
    if (chaos.random.chance(0.5) && this.armed === armed) this.armed = null;
    this.#emit({ type: "fault-raised", detail: "out of order" });
    time.after(chaos.random.int(3_000, 60_000), () => {
      this.#faulty = false;
      this.#emit({ type: "fault-cleared" });
    });
  }
}
