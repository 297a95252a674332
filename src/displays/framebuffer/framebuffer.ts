import { paletteOf } from "../../platform/look/palette.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { CustomerInput, Display, KioskView } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import { DisplaySession } from "../display-session.ts";
import { type Look, themeAt } from "../night.ts";
import { assumedPanel, leastModulePx, type Panel, sizesOf } from "../panel.ts";
import { type Drawing, loadDrawing } from "./drawing.ts";
import { Frames } from "./frames.ts";
import { InputActions } from "./input-actions.ts";
import { InputDevice } from "./input-device.ts";
import { type PageSettings, pageOf } from "./page.ts";
import type { Turn } from "./paint.ts";
import { Renderer } from "./renderer.ts";
import { type TouchAxes, TouchReader } from "./touch.ts";

export interface FramebufferSettings extends PageSettings {
  /** `/dev/fb0`, or `/dev/fb1` of a small panel beside it. */
  readonly device: string;
  /** Where the kernel tells its geometry; by default `/sys/class/graphics`. */
  readonly sysfs?: string;
  readonly locales: readonly string[];
  /** The visible area in the framebuffer's own directions, before `rotate`; null when nobody measured it. */
  readonly panel: { readonly widthMm: number; readonly heightMm: number } | null;
  readonly readingDistanceMm: number;
  readonly look: Look;
  readonly timezone: string | null;
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
  readonly #session: DisplaySession;
  readonly #frames: Frames;
  readonly #renderer: Renderer;
  readonly #inputs: readonly InputDevice[];
  #isClosed = false;
  #cancelTick: Cancel = () => {};

  constructor(settings: FramebufferSettings, { input, clock, log }: FramebufferDeps, drawing: Drawing) {
    const { device, sysfs = SYSFS, locales, touch, keys, rotate } = settings;
    this.#clock = clock;
    const session = new DisplaySession(locales, clock.monotonicMs(), settings.timezone);
    this.#session = session;
    const spaceOf = (widthPx: number, heightPx: number) => {
      const panel = panelOf(settings, widthPx, heightPx);
      const leastPx = (modules: number): number => leastModulePx(panel, modules);
      return { widthPx, heightPx, sizes: sizesOf(panel), leastModulePx: leastPx };
    };
    const page = () => pageOf(session, settings, { nowMs: clock.monotonicMs(), kioskMs: clock.wallMs() });
    const palette = () => {
      const now = new Date(clock.wallMs());
      return paletteOf(themeAt(settings.look, now.getHours() * 60 + now.getMinutes()), settings.look.colour);
    };
    this.#renderer = new Renderer({ drawing, turn: rotate, spaceOf, page, palette, log });
    this.#frames = new Frames(device, sysfs, this.#renderer, clock, log);
    const redraw = (): void => this.#frames.request();
    const actions = new InputActions({ renderer: this.#renderer, session, input, clock, log, redraw });
    this.#inputs = [
      ...(touch === null ? [] : [touchInput(touch, actions, clock, log)]),
      ...(keys === null ? [] : [keyInput(keys, actions, clock, log)]),
    ];
  }

  /** The first picture tells whether the device can be drawn on. */
  async start(): Promise<void> {
    await this.#frames.drawNow();
    this.#tick();
  }

  show(view: KioskView): void {
    if (this.#isClosed) return;
    this.#session.show(view.positions);
    this.#frames.request();
  }

  watch(listener: (problem: string | null) => void): void {
    this.#frames.watch(listener);
  }

  /** The device goes on showing what was drawn last: nothing that could be scanned may stay there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTick();
    this.#session.show([]);
    await Promise.all([this.#frames.close(), ...this.#inputs.map((input) => input.close())]);
  }

  /** Countdowns, notices and what an absent customer leaves behind go by the second. */
  #tick(): void {
    if (this.#isClosed) return;
    if (this.#session.forgetLeft(this.#clock.monotonicMs())) this.#renderer.focus.hide();
    this.#frames.request();
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }
}

function panelOf({ panel, readingDistanceMm, rotate }: FramebufferSettings, widthPx: number, heightPx: number): Panel {
  if (panel === null) return assumedPanel(widthPx, heightPx);
  const isTurned = rotate === 90 || rotate === 270;
  const sides = isTurned ? { widthMm: panel.heightMm, heightMm: panel.widthMm } : panel;
  return { widthPx, heightPx, readingDistanceMm, widthMm: sides.widthMm, heightMm: sides.heightMm };
}

function touchInput(
  touch: TouchAxes & { readonly device: string },
  actions: InputActions,
  clock: Clock,
  log: Log,
): InputDevice {
  const reader = new TouchReader(touch);
  const listener = {
    event: (event: Parameters<TouchReader["accept"]>[0]) => {
      const contact = reader.accept(event);
      if (contact !== null) actions.touch(contact);
    },
    lost: () => {
      reader.reset();
      actions.letGo();
    },
  };
  return new InputDevice(touch.device, listener, clock, log);
}

function keyInput(path: string, actions: InputActions, clock: Clock, log: Log): InputDevice {
  return new InputDevice(path, { event: (event) => actions.key(event), lost: () => undefined }, clock, log);
}
