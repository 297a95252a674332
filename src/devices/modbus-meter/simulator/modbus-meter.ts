import type { BenchAction, BenchDevice, SimulatorPort } from "../../bench/device.ts";
import {
  EXCEPTION,
  encode,
  type Frame,
  READ_COILS,
  READ_HOLDING_REGISTERS,
  READ_INPUT_REGISTERS,
  requestsFraming,
  WRITE_COIL,
} from "../codec.ts";

export interface MeterOptions {
  readonly unit?: number;
  readonly coil?: number;
  /** What the register says at first. */
  readonly startWh?: number;
  readonly exportWh?: number;
  /** What the car takes. For a test in a hurry 3.6 MW are a kilowatt-hour a second. */
  readonly powerW?: number;
  readonly pluggedIn?: boolean;
  /** The meter's own number. */
  readonly serial?: number;
  /** What its energy register steps by, and how often it is written anew. */
  readonly stepWh?: number;
  readonly refreshMs?: number;
}

const ACTIONS = [
  { id: "plug-in", label: "Plug the car in", kind: "use" },
  { id: "unplug", label: "Unplug the car", kind: "use" },
  { id: "be-silent", label: "Answer nothing", kind: "fault" },
  { id: "answer-late", label: "Answer each request with the answer to the one before", kind: "fault" },
  { id: "answer-for-another", label: "Answer for another unit", kind: "fault" },
  { id: "break-checksums", label: "Answer with wrong checksums", kind: "fault" },
  { id: "garble", label: "Answer at another speed", kind: "fault" },
  { id: "echo", label: "Echo each question, as adapters do", kind: "fault" },
  { id: "stray-bytes", label: "Stray bytes before and after each answer", kind: "fault" },
  { id: "kill-relay", label: "Let the relay die as it stands", kind: "fault" },
  { id: "stick-relay", label: "Let the relay take orders without following them", kind: "fault" },
  { id: "hide-coil", label: "Refuse to have the coil read", kind: "fault" },
  { id: "ignore-coil", label: "Leave questions for the coil open", kind: "fault" },
  { id: "boot", label: "Tell 0, as while it starts", kind: "fault" },
  { id: "no-value", label: "Tell the pattern for no value", kind: "fault" },
  { id: "reverse", label: "Wire it the other way round", kind: "fault" },
  { id: "stand-still", label: "Let the energy stand still, not the power", kind: "fault" },
  { id: "count-slowly", label: "Count a third of the energy", kind: "fault" },
  { id: "count-fast", label: "Count three times the energy", kind: "fault" },
  { id: "kilowatts", label: "Tell power in kilowatts", kind: "fault" },
  { id: "milliwatts", label: "Tell power in milliwatts", kind: "fault" },
  { id: "reset", label: "Set the register to 0", kind: "fault" },
  { id: "exchange", label: "Exchange it for another meter", kind: "fault" },
  { id: "jump", label: "Jump up by 5 kWh", kind: "fault" },
  { id: "go-back", label: "Go back by 5 kWh", kind: "fault" },
  { id: "weld", label: "Weld the contactor", kind: "fault" },
  { id: "mend", label: "Mend everything", kind: "use" },
] as const satisfies readonly BenchAction[];

type ActionId = (typeof ACTIONS)[number]["id"];
type Voice = "well" | "silent" | "late" | "another" | "broken" | "garbled";
type Relay = "well" | "dead" | "stuck" | "hidden" | "mute";
type Register = "well" | "booting" | "no-value";

/** What is done to how it answers. */
const VOICES: Partial<Record<ActionId, Voice>> = {
  "be-silent": "silent",
  "answer-late": "late",
  "answer-for-another": "another",
  "break-checksums": "broken",
  garble: "garbled",
};
const RELAYS: Partial<Record<ActionId, Relay>> = {
  "kill-relay": "dead",
  "stick-relay": "stuck",
  "hide-coil": "hidden",
  "ignore-coil": "mute",
};
/** A meter in its place has counted less. */
const LEAPS_WH: Partial<Record<ActionId, number>> = { jump: 5_000, "go-back": -5_000, exchange: -500_000 };
const VOLTS = 230;
const HERTZ = 50;
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const COIL_ON = 0xff00;
const SERIAL = 0xfc00;

/**
 * An Eastron meter and a contactor that is a coil of the same unit. It speaks when it is spoken to, as one of several
 * on the line. Energy flows while the contactor is closed and a car is plugged in.
 */
export function startModbusMeter(port: SimulatorPort, options: MeterOptions = {}): BenchDevice {
  return new SimulatedMeter(port, options);
}

class SimulatedMeter implements BenchDevice {
  readonly kind = "meter-sdm";
  readonly actions = ACTIONS;
  readonly #port: SimulatorPort;
  readonly #unit: number;
  readonly #coil: number;
  readonly #powerW: number;
  readonly #requests = requestsFraming();
  /** What the register holds besides what was released here. */
  #offsetWh: number;
  #releasedWh = 0;
  #countedWh = 0;
  #atMs = performance.now();
  #coilOn = false;
  #closed = false;
  #welded = false;
  #pluggedIn: boolean;
  #voice: Voice = "well";
  #kept: Uint8Array | null = null;
  #relay: Relay = "well";
  #register: Register = "well";
  #echoes = false;
  #strays = false;
  #isReversed = false;
  /** Of what is released, how much is counted: on which register, and told as how much power. */
  #counted = 1;
  #powerScale = 1;
  #exportWh: number;
  #serial: number;
  readonly #stepWh: number;
  readonly #refreshMs: number;
  #writtenWh = 0;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  constructor(port: SimulatorPort, options: MeterOptions) {
    const { unit = 1, coil = 0, startWh = 1_234_560, powerW = 11_000, pluggedIn = true } = options;
    const { stepWh = 1, refreshMs = 0 } = options;
    this.#stepWh = stepWh;
    this.#refreshMs = refreshMs;
    this.#exportWh = options.exportWh ?? 0;
    this.#serial = options.serial ?? 21_061_234;
    this.#port = port;
    this.#unit = unit;
    this.#coil = coil;
    this.#offsetWh = startWh;
    this.#powerW = powerW;
    this.#pluggedIn = pluggedIn;
    port.onBytes((bytes) => {
      if (this.#echoes) port.write(bytes);
      for (const request of this.#requests.push(bytes)) this.#serve(request);
    });
  }

  act(id: string): void {
    const action = ACTIONS.find((each) => each.id === id);
    if (action === undefined)
      throw new Error(`a meter knows no ${id}, only ${ACTIONS.map((each) => each.id).join(", ")}`);
    this.#flow();
    this.#do(action.id);
  }

  state(): Readonly<Record<string, string | number | boolean>> {
    this.#flow();
    return {
      register: `${(this.#registerWh / 1_000).toFixed(3)} kWh`,
      power: `${this.#flowingW} W`,
      contactor: this.#closed ? "closed" : "open",
      welded: this.#welded,
      car: this.#pluggedIn ? "plugged in" : "none",
      answers: this.#voice,
      relay: this.#relay,
      wiring: this.#isReversed ? "the other way round" : "right",
      exported: `${(this.#exportWh / 1_000).toFixed(3)} kWh`,
      number: this.#serial,
    };
  }

  releasedBase(): number {
    this.#flow();
    return Math.floor(this.#releasedWh);
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  get #registerWh(): number {
    if (this.#atMs - this.#writtenAtMs >= this.#refreshMs) {
      const countedWh = this.#offsetWh + Math.floor(this.#countedWh);
      this.#writtenWh = countedWh - (countedWh % this.#stepWh);
      this.#writtenAtMs = this.#atMs;
    }
    return this.#writtenWh;
  }

  get #flowingW(): number {
    return this.#closed && this.#pluggedIn ? this.#powerW : 0;
  }

  #flow(): void {
    const nowMs = performance.now();
    const flowedWh = (this.#flowingW * (nowMs - this.#atMs)) / 3_600_000;
    this.#atMs = nowMs;
    this.#releasedWh += flowedWh;
    if (this.#isReversed) this.#exportWh += flowedWh * this.#counted;
    else this.#countedWh += flowedWh * this.#counted;
  }

  #do(id: ActionId): void {
    const voice = VOICES[id];
    const relay = RELAYS[id];
    if (voice !== undefined) this.#voice = voice;
    else if (relay !== undefined) this.#relay = relay;
    else this.#bend(id);
  }

  #bend(id: ActionId): void {
    switch (id) {
      case "plug-in":
      case "unplug":
        this.#pluggedIn = id === "plug-in";
        return;
      case "echo":
        this.#echoes = true;
        return;
      case "stray-bytes":
        this.#strays = true;
        return;
      case "boot":
        this.#register = "booting";
        return;
      case "no-value":
        this.#register = "no-value";
        return;
      case "reverse":
        this.#isReversed = true;
        return;
      case "stand-still":
        this.#counted = 0;
        return;
      case "count-slowly":
        this.#counted = 1 / 3;
        return;
      case "count-fast":
        this.#counted = 3;
        return;
      case "kilowatts":
        this.#powerScale = 0.001;
        return;
      case "milliwatts":
        this.#powerScale = 1_000;
        return;
      case "weld":
        this.#welded = true;
        return;
      case "mend":
        this.#mend();
        return;
      default:
        this.#leap(id);
    }
  }

  #leap(id: ActionId): void {
    if (id === "exchange") this.#serial += 1;
    if (id === "reset") this.#offsetWh = -Math.floor(this.#countedWh);
    else this.#offsetWh += LEAPS_WH[id] ?? 0;
  }

  #mend(): void {
    this.#voice = "well";
    this.#relay = "well";
    this.#register = "well";
    this.#echoes = false;
    this.#strays = false;
    this.#isReversed = false;
    this.#counted = 1;
    this.#powerScale = 1;
    this.#welded = false;
    this.#kept = null;
  }

  #serve(request: Frame): void {
    if (request.unit !== this.#unit) return;
    this.#flow();
    const answer = this.#answer(request);
    if (answer !== null) this.#say(answer);
  }

  #say(answer: Frame): void {
    if (this.#strays) this.#port.write(Uint8Array.of(0xff, 0x00));
    this.#speak(answer);
    if (this.#strays) this.#port.write(Uint8Array.of(0x00));
  }

  #speak(answer: Frame): void {
    switch (this.#voice) {
      case "silent":
        return;
      case "well":
        this.#port.write(encode(answer));
        return;
      case "another":
        this.#port.write(encode({ ...answer, unit: this.#unit + 1 }));
        return;
      case "broken":
        this.#port.write(encode(answer).map((byte, index) => (index === 2 ? byte ^ 0x10 : byte)));
        return;
      case "garbled":
        this.#port.write(encode(answer).map((byte) => byte ^ 0x55));
        return;
      case "late":
        if (this.#kept !== null) this.#port.write(this.#kept);
        this.#kept = encode(answer);
        return;
    }
  }

  /** Null for what is left open. */
  #answer({ functionCode, data }: Frame): Frame | null {
    const view = new DataView(Uint8Array.from(data).buffer);
    const [address, value] = [view.getUint16(0), view.getUint16(2)];
    const tell = (bytes: Uint8Array): Frame => ({ unit: this.#unit, functionCode, data: bytes });
    const refuse = (exception: number): Frame => ({
      unit: this.#unit,
      functionCode: functionCode | EXCEPTION,
      data: Uint8Array.of(exception),
    });
    switch (functionCode) {
      case WRITE_COIL:
      case READ_COILS: {
        if (this.#relay === "dead" || (this.#relay === "mute" && functionCode === READ_COILS)) return null;
        if (this.#relay === "hidden" && functionCode === READ_COILS) return refuse(ILLEGAL_FUNCTION);
        if (address !== this.#coil) return refuse(ILLEGAL_ADDRESS);
        if (functionCode === READ_COILS) return tell(Uint8Array.of(1, this.#coilOn ? 1 : 0));
        if (this.#relay !== "stuck") this.#coilOn = value === COIL_ON;
        this.#closed = this.#coilOn || (this.#welded && this.#closed);
        return tell(data);
      }
      case READ_HOLDING_REGISTERS: {
        if (address !== SERIAL || value !== 2) return refuse(ILLEGAL_ADDRESS);
        const answer = new DataView(new ArrayBuffer(4));
        answer.setUint32(0, this.#serial);
        return tell(Uint8Array.of(4, ...new Uint8Array(answer.buffer)));
      }
      case READ_INPUT_REGISTERS: {
        if (address % 2 !== 0 || value === 0 || value % 2 !== 0 || value > 80) return refuse(ILLEGAL_ADDRESS);
        const answer = new DataView(new ArrayBuffer(2 * value));
        for (let offset = 0; offset < value; offset += 2) {
          if (this.#register === "no-value") answer.setUint32(2 * offset, 0xffff_ffff);
          else answer.setFloat32(2 * offset, this.#register === "booting" ? 0 : this.#figure(address + offset));
        }
        return tell(Uint8Array.from([2 * value, ...new Uint8Array(answer.buffer)]));
      }
      default:
        return refuse(ILLEGAL_FUNCTION);
    }
  }

  /** By its address in the document of Eastron's SDM meters; what is not simulated is 0. */
  #figure(address: number): number {
    const importKwh = this.#registerWh / 1_000;
    const exportKwh = Math.floor(this.#exportWh) / 1_000;
    const toldW = (this.#isReversed ? -this.#flowingW : this.#flowingW) * this.#powerScale;
    const figures: Readonly<Record<number, number>> = {
      0: VOLTS,
      6: this.#flowingW / VOLTS,
      12: toldW,
      52: toldW,
      70: HERTZ,
      72: importKwh,
      74: exportKwh,
      342: importKwh + exportKwh,
    };
    return figures[address] ?? 0;
  }
}
