import type { BenchAction, BenchDevice, SimulatorPort } from "../../bench/device.ts";
import { additiveChecksum, encodeRapi, STATE, xorChecksum } from "../codec.ts";
import { Evse, type EvseOptions } from "./evse.ts";

export interface RapiChargerOptions extends Partial<EvseOptions> {
  /** How many times faster than the clock on the wall it lives. */
  readonly speed?: number;
  /** A car stands there, plugged in and wanting to charge, from the start. */
  readonly withCar?: boolean;
}

const TICK_MS = 5;
/** The firmware's buffer for a command. */
const LONGEST_COMMAND = 32;
const ACKNOWLEDGE = 165;

const ACTIONS: readonly BenchAction[] = [
  { id: "plug-in", label: "Plug in a car", kind: "use" },
  { id: "charge", label: "The car wants to charge", kind: "use" },
  { id: "car-full", label: "The car is full", kind: "use" },
  { id: "unplug", label: "Unplug", kind: "use" },
  { id: "silent", label: "Answers nothing (again: answers)", kind: "fault" },
  { id: "reboot", label: "Loses power for a moment", kind: "fault" },
  { id: "ground-fault", label: "Ground fault", kind: "fault" },
  { id: "no-checksum", label: "Answers without checksum (again: with)", kind: "fault" },
  { id: "no-sequence", label: "Answers without sequence id (again: with)", kind: "fault" },
  { id: "wrong-sequence", label: "Answers with another's sequence id (again: with its own)", kind: "fault" },
  { id: "session-reset", label: "Session counter goes to zero", kind: "fault" },
  { id: "weld", label: "The relay welds shut (again: repaired)", kind: "fault" },
  { id: "no-boot-lock", label: "Firmware without a boot lock (again: with)", kind: "fault" },
  { id: "start-alone", label: "Begins to charge by itself", kind: "fault" },
];

/** An OpenEVSE charger that speaks RAPI, with a car. */
export function startRapiCharger(port: SimulatorPort, options: RapiChargerOptions = {}): BenchDevice {
  return new Charger(port, options);
}

class Charger implements BenchDevice {
  readonly kind = "charger-rapi";
  readonly actions = ACTIONS;
  readonly #port: SimulatorPort;
  readonly #speed: number;
  readonly #evse: Evse;
  readonly #ticking: NodeJS.Timeout;
  #command = "";
  #toldLines = "";
  #isSilent = false;
  #withoutChecksum = false;
  #sequences: "own" | "none" | "wrong" = "own";

  constructor(port: SimulatorPort, options: RapiChargerOptions) {
    const { speed = 1, withCar = false } = options;
    const { carPowerW = 7_360, supplyV = 230, accumulatedWh = 0, hasBootLock = true, carReactsMs = 800 } = options;
    this.#port = port;
    this.#speed = speed;
    this.#evse = new Evse({ carPowerW, supplyV, accumulatedWh, hasBootLock, carReactsMs }, this.#nowMs());
    this.#evse.plugged = withCar;
    this.#evse.carReady = withCar;
    port.onBytes((bytes) => this.#receive(bytes));
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  act(id: string): void {
    const evse = this.#evse;
    this.#tick();
    if (id === "plug-in") evse.plugged = true;
    else if (id === "charge") evse.plugged = evse.carReady = true;
    else if (id === "car-full") evse.carReady = false;
    else if (id === "unplug") evse.plugged = evse.carReady = false;
    else if (id === "silent") this.#isSilent = !this.#isSilent;
    else if (id === "reboot") evse.restart();
    else if (id === "ground-fault") evse.groundFault = true;
    else if (id === "no-checksum") this.#withoutChecksum = !this.#withoutChecksum;
    else if (id === "no-sequence") this.#sequences = this.#sequences === "none" ? "own" : "none";
    else if (id === "wrong-sequence") this.#sequences = this.#sequences === "wrong" ? "own" : "wrong";
    else if (id === "session-reset") evse.forgetSession();
    else if (id === "weld") evse.welded = !evse.welded;
    else if (id === "no-boot-lock") evse.hasBootLock = !evse.hasBootLock;
    else if (id === "start-alone") {
      evse.bootLocked = false;
      evse.plugged = evse.carReady = true;
      evse.enable();
    } else
      throw new Error(`A charger does not know "${id}". It knows ${ACTIONS.map((action) => action.id).join(", ")}.`);
    this.#tick();
  }

  state(): Readonly<Record<string, string | number | boolean>> {
    this.#tick();
    const evse = this.#evse;
    return {
      state: evse.state.toString(16).padStart(2, "0"),
      plugged: evse.plugged,
      carReady: evse.carReady,
      relayClosed: evse.relayClosed,
      welded: evse.welded,
      bootLocked: evse.bootLocked,
      powerW: evse.powerW,
      currentA: evse.currentA,
      limitKwh: evse.limitKwh,
      missedPulse: evse.missed,
      sessionWs: evse.sessionWs,
      endedWh: evse.endedWh,
      silent: this.#isSilent,
    };
  }

  releasedBase(): number {
    this.#tick();
    return this.#evse.releasedWh;
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#port.close();
  }

  #nowMs(): number {
    return performance.now() * this.#speed;
  }

  #tick(): void {
    const evse = this.#evse;
    if (evse.update(this.#nowMs())) this.#say(["AB", "00", "8.2.3"], null);
    if (evse.isBooting || evse.state === STATE.unknown) return;
    const told = [hex(evse.state), hex(evse.state), String(evse.currentA), hex(evse.flags, 4)];
    if (told.join() === this.#toldLines) return;
    this.#toldLines = told.join();
    this.#say(["AT", ...told], null);
  }

  /** As the firmware: a `$` begins a command, whatever came before it. */
  #receive(bytes: Uint8Array): void {
    for (const char of Buffer.from(bytes).toString("latin1")) {
      if (char === "$") this.#command = char;
      else if (this.#command === "") continue;
      else if (char === "\r") this.#take();
      else if (this.#command.length < LONGEST_COMMAND) this.#command += char;
      else this.#command = "";
    }
  }

  /** As the firmware: a command with a wrong checksum is refused, one without any is obeyed. */
  #take(): void {
    const command = this.#command;
    this.#command = "";
    this.#tick();
    if (this.#evse.isBooting) return;
    const [, body = "", kind, checksum = ""] = /^([^*^]*)(?:([*^])(.{0,2}).*)?$/s.exec(command) ?? [];
    const sum = kind === "*" ? additiveChecksum(body) : xorChecksum(body);
    if (kind !== undefined && Number.parseInt(checksum, 16) !== sum) {
      this.#say(["NK"], null);
      return;
    }
    const words = body.slice(1).split(" ");
    const last = words.at(-1) ?? "";
    const sequence = words.length > 1 && last.startsWith(":") ? Number.parseInt(last.slice(1, 3), 16) || null : null;
    if (words.length > 1 && last.startsWith(":")) words.pop();
    const answer = this.#obey(words);
    this.#say(answer === null ? ["NK"] : answer, sequence);
    this.#tick();
  }

  #obey([command = "", ...values]: readonly string[]): string[] | null {
    const evse = this.#evse;
    const [first = Number.NaN, second = Number.NaN] = values.map(Number);
    if (command === "GS") return ["OK", hex(evse.state), "0", hex(evse.state), hex(evse.flags, 4)];
    if (command === "GU") return ["OK", String(evse.sessionWs), String(evse.endedWh)];
    if (command === "GG") {
      const milliamps = evse.relayClosed ? Math.round((evse.powerW * 1_000) / 230) : 0;
      return ["OK", String(milliamps), "230000"];
    }
    if (command === "GV") return ["OK", "8.2.3", "5.2.1"];
    if (command === "FE") evse.enable();
    else if (command === "FD") evse.disable();
    else if (command === "FS") evse.sleep();
    else if (command === "SB") {
      if (!evse.hasBootLock) return null;
      evse.bootLocked = false;
      return ["OK", "0"];
    } else if (command === "SC" && first >= 0) {
      return [evse.offer(first) ? "OK" : "NK", String(evse.currentA)];
    } else if (command === "SH" && first >= 0) {
      if (evse.state !== STATE.plugged && evse.state !== STATE.charging) return null;
      evse.limitKwh = first & 0xff;
    } else if (command === "SY") {
      return this.#supervise(values.length, first, second);
    } else return null;
    return ["OK"];
  }

  #supervise(count: number, first: number, second: number): string[] {
    const evse = this.#evse;
    if (count === 2 && first >= 0 && second >= 0) evse.supervise(first, second);
    else if (count === 1 && first === ACKNOWLEDGE) evse.acknowledge();
    const isRight = count === 0 ? evse.pulse() : count === 2 || first === ACKNOWLEDGE;
    return [isRight ? "OK" : "NK", String(evse.superviseS), String(evse.fallbackA), String(evse.missed)];
  }

  #say(words: readonly string[], sequence: number | null): void {
    if (this.#isSilent) return;
    const isAnswer = sequence !== null;
    const other = isAnswer && this.#sequences === "wrong" ? (sequence % 0xff) + 1 : sequence;
    const bytes = encodeRapi({ words, sequence: this.#sequences === "none" ? null : other });
    this.#port.write(this.#withoutChecksum ? Buffer.from(bytes).subarray(0, -4) : bytes);
    if (this.#withoutChecksum) this.#port.write(Buffer.from("\r"));
  }
}

function hex(value: number, digits = 2): string {
  return value.toString(16).padStart(digits, "0");
}
