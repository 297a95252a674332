import type { BenchDevice } from "../../../src/devices/bench/device.ts";
import type { DartDispenser, DartPumpSettings } from "../../../src/devices/dart/driver.ts";
import type { DartPumpOptions } from "../../../src/devices/dart/simulator/pump.ts";
import { atEnd } from "../../support/at-end.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  type Controller,
  certain,
  openController,
  openPty,
  openPump,
  type PluggedPump,
  type PtyPair,
  patiently,
  ready,
  side,
  Told,
  until,
} from "./rig.ts";

/** A pump on a wire, and one life after another of the daemon that drives it. */
export class Scene {
  readonly #folder: string;
  pty: PtyPair;
  readonly bench: PluggedPump;
  controller: Controller;
  pump: DartDispenser;
  told: Told;
  start = 0;

  constructor(folder: string, pty: PtyPair, bench: PluggedPump, settings: Partial<DartPumpSettings>) {
    this.#folder = folder;
    this.pty = pty;
    this.bench = bench;
    this.controller = openController(pty.host);
    this.pump = this.controller.pump(settings);
    this.told = new Told(this.pump);
  }

  /** Another life of the daemon. */
  again(): void {
    this.controller = openController(this.pty.host);
    this.pump = this.controller.pump();
    this.told = new Told(this.pump);
  }

  async replug(): Promise<void> {
    this.pty = await openPty(this.#folder, "dart");
    await this.bench.plug(this.pty.device);
  }

  shows(device: BenchDevice = side(this.bench)): string {
    return String(device.state()["status"]);
  }

  volume(device: BenchDevice = side(this.bench)): number {
    return Number(device.state()["volumeMl"]);
  }

  async total(): Promise<number> {
    return certain(await patiently(() => this.pump.totaliser()));
  }

  async fill(limitBase: number): Promise<void> {
    certain(await this.pump.arm(limitBase));
    this.bench.act("lift");
    this.bench.act("squeeze");
    await until("it flows", () => this.bench.releasedBase() > 0);
  }
}

export async function begin(
  options: DartPumpOptions = {},
  settings: Partial<DartPumpSettings> = {},
  before: readonly string[] = [],
): Promise<Scene> {
  const on = await beginUnread(options, settings, before);
  on.start = await ready(on.pump);
  return on;
}

/** Before anything was read of it. */
export async function beginUnread(
  options: DartPumpOptions,
  settings: Partial<DartPumpSettings>,
  before: readonly string[],
): Promise<Scene> {
  const folder = tempFolder();
  const pty = await openPty(folder, "dart");
  const bench = await openPump(pty.device, options);
  for (const action of before) bench.act(action);
  const on = new Scene(folder, pty, bench, settings);
  atEnd(async () => {
    await on.controller.bus.close();
    await on.bench.close();
    await on.pty.unplug();
  });
  return on;
}
