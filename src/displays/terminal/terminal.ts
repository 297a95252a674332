import type { Cancel, Clock } from "../../ports/clock.ts";
import type { CustomerInput, Display } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import { blankCanvas, type Canvas, COLUMNS, ROWS } from "./canvas.ts";
import { draw, drawTooSmall } from "./draw.ts";
import { ASK_SIZE, CLEAR, changes, ENTER, LEAVE } from "./escapes.ts";
import { KeptTerminal } from "./kept-terminal.ts";
import { KeyReader } from "./keys.ts";
import { type Stage, StageKeys, type StageSettings } from "./stage.ts";
import { openTty, type Tty } from "./tty.ts";

export interface TerminalDisplaySettings extends StageSettings {
  /** Such as /dev/tty1 or /dev/ttyS0; null for the terminal that the process was started on, whose Ctrl-C ends it. */
  readonly device: string | null;
}

export interface TerminalDisplayDeps {
  readonly input: CustomerInput;
  readonly clock: Clock;
  readonly log: Log;
  /** Another way to a terminal than the device's. */
  readonly open?: () => Promise<Tty>;
}

const FRAME_MS = 100;
const TICK_MS = 1_000;
/** Everything is written again, for what somebody else wrote on the terminal, and for one that was plugged in late. */
const REFRESH_MS = 60_000;

/** Never rejects: what is wrong with the terminal is told by `watch`. */
export async function openTerminalDisplay(
  settings: TerminalDisplaySettings,
  deps: TerminalDisplayDeps,
): Promise<Display> {
  const display = new TerminalDisplay(settings, deps);
  await display.open();
  return display;
}

class TerminalDisplay implements Display {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #isOwn: boolean;
  readonly #stages: StageKeys;
  readonly #terminal: KeptTerminal;
  readonly #keys: KeyReader;
  readonly #repaint = (): void => this.#refresh();
  #size = { columns: COLUMNS, rows: ROWS };
  /** What the terminal shows of the screen with this identity. */
  #shown: Canvas = blankCanvas();
  #identity: string | null = null;
  #stage: Stage | null = null;
  #mustAskSize = true;
  #refreshedMs: number;
  #frameAtMs = 0;
  #cancelFrame: Cancel | null = null;
  #cancelTick: Cancel = () => {};
  #drawingProblem: string | null = null;
  #toldProblem: string | null = null;
  #listeners: ((problem: string | null) => void)[] = [];
  #closing: Promise<void> | null = null;

  constructor(settings: TerminalDisplaySettings, { input, clock, log, open }: TerminalDisplayDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#isOwn = settings.device === null;
    this.#refreshedMs = clock.monotonicMs();
    this.#stages = new StageKeys(
      settings,
      input,
      () => clock.monotonicMs(),
      () => this.#schedule(),
    );
    this.#keys = new KeyReader(clock, {
      key: (key) => this.#onKey(key),
      size: (columns, rows) => this.#onSize(columns, rows),
    });
    const name = settings.device ?? "of this process";
    this.#terminal = new KeptTerminal(name, open ?? (() => openTty(settings.device)), clock, log, {
      opened: () => {
        this.#keys.reset();
        this.#identity = null;
        this.#schedule();
      },
      bytes: (bytes) => this.#keys.push(bytes),
      drained: () => this.#schedule(),
      problem: () => this.#tell(),
    });
  }

  async open(): Promise<void> {
    if (this.#isOwn) process.on("SIGWINCH", this.#repaint);
    this.#tick();
    await this.#terminal.open();
    this.#tell();
  }

  show: Display["show"] = (view) => {
    this.#stages.show(view);
    this.#schedule();
  };

  watch(listener: (problem: string | null) => void): void {
    this.#listeners.push(listener);
    listener(this.#problem());
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    process.off("SIGWINCH", this.#repaint);
    this.#listeners = [];
    this.#keys.reset();
    this.#cancelTick();
    this.#cancelFrame?.();
    await this.#terminal.close(LEAVE);
  }

  #problem(): string | null {
    return this.#terminal.problem ?? this.#drawingProblem;
  }

  #tell(): void {
    const problem = this.#problem();
    if (problem === this.#toldProblem) return;
    this.#toldProblem = problem;
    for (const listener of this.#listeners) listener(problem);
  }

  #tick(): void {
    this.#stages.tick();
    if (this.#clock.monotonicMs() - this.#refreshedMs >= REFRESH_MS) this.#refresh();
    this.#schedule();
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }

  #refresh(): void {
    this.#refreshedMs = this.#clock.monotonicMs();
    this.#mustAskSize = true;
    if (this.#isTooSmall()) this.#identity = null;
    else this.#shown.chars.fill("");
    this.#schedule();
  }

  #onKey(key: string): void {
    if (key !== "interrupt") {
      if (this.#stage !== null) this.#stages.press(key, this.#stage);
      return;
    }
    // In raw mode the kernel makes no signal of it; a customer's keyboard must not have one.
    if (this.#isOwn) process.kill(process.pid, "SIGINT");
  }

  #onSize(columns: number, rows: number): void {
    if (columns === this.#size.columns && rows === this.#size.rows) return;
    this.#size = { columns, rows };
    this.#identity = null;
    this.#schedule();
  }

  /** At most one frame waits, and it shows what is true when it is drawn. */
  #schedule(): void {
    if (this.#closing !== null || this.#cancelFrame !== null) return;
    this.#cancelFrame = this.#clock.after(this.#frameAtMs - this.#clock.monotonicMs(), () => {
      this.#cancelFrame = null;
      if (this.#terminal.isReady) this.#frame();
    });
  }

  #frame(): void {
    try {
      const bytes = this.#nextFrame();
      this.#drawingProblem = this.#sizeProblem();
      if (bytes !== "") {
        this.#frameAtMs = this.#clock.monotonicMs() + FRAME_MS;
        this.#terminal.write(bytes);
      }
    } catch (error) {
      if (this.#drawingProblem === null) this.#log.error({ error: String(error) }, "the screen cannot be drawn");
      this.#drawingProblem = `the screen cannot be drawn: ${String(error)}`;
    }
    this.#tell();
  }

  #nextFrame(): string {
    const stage = this.#stages.stage(this.#clock.wallMs());
    const { columns, rows } = this.#size;
    const canvas = this.#isTooSmall() ? drawTooSmall(stage, columns) : draw(stage);
    const isNew = stage.identity !== this.#identity;
    const start = this.#identity === null ? ENTER + CLEAR : isNew ? CLEAR : "";
    const place = {
      column: Math.max(0, Math.floor((columns - COLUMNS) / 2)),
      row: Math.max(0, Math.floor((rows - ROWS) / 2)),
    };
    const ask = this.#mustAskSize || isNew ? ASK_SIZE : "";
    const written = changes(isNew ? blankCanvas() : this.#shown, canvas, place);
    this.#shown = canvas;
    this.#identity = stage.identity;
    this.#stage = stage;
    this.#mustAskSize = false;
    return start + written + ask;
  }

  #isTooSmall(): boolean {
    return this.#size.columns < COLUMNS || this.#size.rows < ROWS;
  }

  #sizeProblem(): string | null {
    if (!this.#isTooSmall()) return null;
    const { columns, rows } = this.#size;
    return `the terminal has ${columns}x${rows} characters: it must have at least ${COLUMNS}x${ROWS}`;
  }
}
