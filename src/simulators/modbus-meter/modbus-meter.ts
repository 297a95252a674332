import {
  EXCEPTION,
  encode,
  type Frame,
  READ_INPUT_REGISTERS,
  requestsFraming,
  WRITE_COIL,
} from "../../adapters/dispenser/modbus-meter/codec.ts";
import type { BenchAction, BenchDevice, SimulatorPort } from "../bench/device.ts";

export interface MeterOptions {
  readonly unit?: number;
  readonly coil?: number;
  /** What the register says at first. */
  readonly startWh?: number;
  /** What the car takes. For a test in a hurry 3.6 MW are a kilowatt-hour a second. */
  readonly powerW?: number;
  readonly pluggedIn?: boolean;
}

const ACTIONS = [
  { id: "plug-in", label: "Plug the car in", kind: "use" },
  { id: "unplug", label: "Unplug the car", kind: "use" },
  { id: "be-silent", label: "Answer nothing", kind: "fault" },
  { id: "answer-late", label: "Answer each request with the answer to the one before", kind: "fault" },
  { id: "answer-for-another", label: "Answer for another unit", kind: "fault" },
  { id: "break-checksums", label: "Answer with wrong checksums", kind: "fault" },
  { id: "jump", label: "Jump up by 5 kWh", kind: "fault" },
  { id: "go-back", label: "Go back by 5 kWh", kind: "fault" },
  { id: "weld", label: "Weld the contactor", kind: "fault" },
  { id: "mend", label: "Mend everything", kind: "use" },
] as const satisfies readonly BenchAction[];

type ActionId = (typeof ACTIONS)[number]["id"];
type Voice = "well" | "silent" | "late" | "another" | "broken";

const LEAP_WH = 5_000;
const VOLTS = 230;
const HERTZ = 50;
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const COIL_ON = 0xff00;

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
  #atMs = performance.now();
  #closed = false;
  #welded = false;
  #pluggedIn: boolean;
  #voice: Voice = "well";
  #kept: Uint8Array | null = null;

  constructor(port: SimulatorPort, options: MeterOptions) {
    const { unit = 1, coil = 0, startWh = 1_234_560, powerW = 11_000, pluggedIn = true } = options;
    this.#port = port;
    this.#unit = unit;
    this.#coil = coil;
    this.#offsetWh = startWh;
    this.#powerW = powerW;
    this.#pluggedIn = pluggedIn;
    port.onBytes((bytes) => {
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
    return this.#offsetWh + Math.floor(this.#releasedWh);
  }

  get #flowingW(): number {
    return this.#closed && this.#pluggedIn ? this.#powerW : 0;
  }

  #flow(): void {
    const nowMs = performance.now();
    this.#releasedWh += (this.#flowingW * (nowMs - this.#atMs)) / 3_600_000;
    this.#atMs = nowMs;
  }

  #do(id: ActionId): void {
    switch (id) {
      case "plug-in":
        this.#pluggedIn = true;
        return;
      case "unplug":
        this.#pluggedIn = false;
        return;
      case "be-silent":
        this.#voice = "silent";
        return;
      case "answer-late":
        this.#voice = "late";
        return;
      case "answer-for-another":
        this.#voice = "another";
        return;
      case "break-checksums":
        this.#voice = "broken";
        return;
      case "jump":
        this.#offsetWh += LEAP_WH;
        return;
      case "go-back":
        this.#offsetWh -= LEAP_WH;
        return;
      case "weld":
        this.#welded = true;
        return;
      case "mend":
        this.#voice = "well";
        this.#welded = false;
        this.#kept = null;
        return;
    }
  }

  #serve(request: Frame): void {
    if (request.unit !== this.#unit) return;
    this.#flow();
    this.#say(this.#answer(request));
  }

  #say(answer: Frame): void {
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
      case "late":
        if (this.#kept !== null) this.#port.write(this.#kept);
        this.#kept = encode(answer);
        return;
    }
  }

  #answer({ functionCode, data }: Frame): Frame {
    const view = new DataView(Uint8Array.from(data).buffer);
    const [address, value] = [view.getUint16(0), view.getUint16(2)];
    const refuse = (exception: number): Frame => ({
      unit: this.#unit,
      functionCode: functionCode | EXCEPTION,
      data: Uint8Array.of(exception),
    });
    if (functionCode === WRITE_COIL) {
      if (address !== this.#coil) return refuse(ILLEGAL_ADDRESS);
      this.#closed = value === COIL_ON || (this.#welded && this.#closed);
      return { unit: this.#unit, functionCode, data };
    }
    if (functionCode !== READ_INPUT_REGISTERS) return refuse(ILLEGAL_FUNCTION);
    if (address % 2 !== 0 || value === 0 || value % 2 !== 0 || value > 80) return refuse(ILLEGAL_ADDRESS);
    const answer = new DataView(new ArrayBuffer(2 * value));
    for (let offset = 0; offset < value; offset += 2) answer.setFloat32(2 * offset, this.#figure(address + offset));
    return { unit: this.#unit, functionCode, data: Uint8Array.from([2 * value, ...new Uint8Array(answer.buffer)]) };
  }

  /** By its address in the document of Eastron's SDM meters; what is not simulated is 0. */
  #figure(address: number): number {
    const importKwh = this.#registerWh / 1_000;
    const figures: Readonly<Record<number, number>> = {
      0: VOLTS,
      6: this.#flowingW / VOLTS,
      12: this.#flowingW,
      52: this.#flowingW,
      70: HERTZ,
      72: importKwh,
      342: importKwh,
    };
    return figures[address] ?? 0;
  }
}
