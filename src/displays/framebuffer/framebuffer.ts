import { leastModulePx, sizesOf } from "../../core/panel.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { CustomerInput, Display, KioskView } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import { languagesFor } from "../texts/languages.ts";
import { Controls } from "./controls.ts";
import { type Drawing, loadDrawing } from "./drawing.ts";
import { Frames } from "./frames.ts";
import { InputDevice } from "./input-device.ts";
import type { Turn } from "./paint.ts";
import { Screens } from "./screens.ts";
import { Session } from "./session.ts";
import { type TouchAxes, TouchReader } from "./touch.ts";

export interface FramebufferSettings {
  /** `/dev/fb0`, or `/dev/fb1` of a small panel beside it. */
  readonly device: string;
  /** Where the kernel tells its geometry; by default `/sys/class/graphics`. */
  readonly sysfs?: string;
  readonly locales: readonly string[];
  readonly kioskName: string;
  /** A line that helps when the kiosk is out of service or a payment is under review. */
  readonly support: string | null;
  /** The visible area in the framebuffer's own directions, before `rotate`; null when nobody measured it. */
  readonly panel: { readonly widthMm: number; readonly heightMm: number } | null;
  readonly readingDistanceMm: number;
  readonly touch: (TouchAxes & { readonly device: string }) | null;
  /** A keypad, a keyboard, or buttons of the device tree's `gpio-keys`; null for none. */
  readonly keys: string | null;
  /** How far the picture is turned clockwise, in degrees. */
  readonly rotate: Turn;
}

export interface FramebufferDeps {
  readonly input: CustomerInput;
  readonly clock: Clock;
  readonly log: Log;
}

const SYSFS = "/sys/class/graphics";
const TICK_MS = 1_000;

/**
 * Draws on a Linux framebuffer without X, and takes touches and keys from `/dev/input`. Rejects when there is nothing
 * to draw with; a device that cannot be drawn on is told by `watch`, and tried again.
 */
export async function openFramebufferDisplay(settings: FramebufferSettings, deps: FramebufferDeps): Promise<Display> {
  const drawing = await loadDrawing();
  const display = new FramebufferDisplay(settings, deps, drawing);
  await display.start();
  return display;
}

class FramebufferDisplay implements Display {
  readonly #clock: Clock;
  readonly #session: Session;
  readonly #frames: Frames;
  readonly #screens: Screens;
  readonly #inputs: readonly InputDevice[];
  #view: KioskView = { positions: [] };
  #isClosed = false;
  #cancelTick: Cancel = () => {};

  constructor(settings: FramebufferSettings, { input, clock, log }: FramebufferDeps, drawing: Drawing) {
    const { device, sysfs = SYSFS, locales, kioskName, support, touch, keys, rotate } = settings;
    this.#clock = clock;
    this.#session = new Session(languagesFor(locales), kioskName, support, clock.monotonicMs());
    const spaceOf = (widthPx: number, heightPx: number) => {
      const panel = panelOf(settings, widthPx, heightPx);
      const leastPx = (modules: number): number => leastModulePx(panel, modules);
      return { widthPx, heightPx, sizes: sizesOf(panel), leastModulePx: leastPx };
    };
    this.#screens = new Screens({ drawing, turn: rotate, spaceOf, shown: () => this.#shown(), log });
    this.#frames = new Frames(device, sysfs, this.#screens, clock, log);
    const redraw = (): void => this.#frames.request();
    const views = (): KioskView["positions"] => this.#view.positions;
    const controls = new Controls({ screens: this.#screens, session: this.#session, views, input, clock, log, redraw });
    this.#inputs = [
      ...(touch === null ? [] : [touchInput(touch, controls, clock, log)]),
      ...(keys === null ? [] : [keyInput(keys, controls, clock, log)]),
    ];
  }

  /** The first picture tells whether the device can be drawn on. */
  async start(): Promise<void> {
    await this.#frames.drawNow();
    this.#tick();
  }

  show(view: KioskView): void {
    if (this.#isClosed) return;
    this.#view = view;
    this.#frames.request();
  }

  watch(listener: (problem: string | null) => void): void {
    this.#frames.watch(listener);
  }

  /** The device goes on showing what was drawn last: nothing that could be scanned may stay there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTick();
    this.#view = { positions: [] };
    await Promise.all([this.#frames.close(), ...this.#inputs.map((input) => input.close())]);
  }

  #shown() {
    return this.#session.shown(this.#view.positions, this.#clock.wallMs(), this.#clock.monotonicMs());
  }

  /** Countdowns, notices and what an absent customer leaves behind go by the second. */
  #tick(): void {
    if (this.#isClosed) return;
    if (this.#session.settle(this.#view.positions, this.#clock.monotonicMs())) this.#screens.focus.hide();
    this.#frames.request();
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }
}

/** About what is sold as a kiosk's screen; of a panel that nobody measured nothing better is known. */
const ASSUMED_PX_PER_MM = 4;

function panelOf({ panel, readingDistanceMm, rotate }: FramebufferSettings, widthPx: number, heightPx: number) {
  const isTurned = rotate === 90 || rotate === 270;
  const assumed = { widthMm: widthPx / ASSUMED_PX_PER_MM, heightMm: heightPx / ASSUMED_PX_PER_MM };
  const turned = panel !== null && isTurned ? { widthMm: panel.heightMm, heightMm: panel.widthMm } : panel;
  return { widthPx, heightPx, readingDistanceMm, ...(turned ?? assumed) };
}

function touchInput(
  touch: TouchAxes & { readonly device: string },
  controls: Controls,
  clock: Clock,
  log: Log,
): InputDevice {
  const reader = new TouchReader(touch);
  const listener = {
    event: (event: Parameters<TouchReader["accept"]>[0]) => {
      const contact = reader.accept(event);
      if (contact !== null) controls.touch(contact);
    },
    lost: () => {
      reader.reset();
      controls.letGo();
    },
  };
  return new InputDevice(touch.device, listener, clock, log);
}

function keyInput(path: string, controls: Controls, clock: Clock, log: Log): InputDevice {
  return new InputDevice(path, { event: (event) => controls.key(event), lost: () => undefined }, clock, log);
}
