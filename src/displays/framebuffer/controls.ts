import type { PositionView } from "../../core/sale/view.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CustomerInput, InputAnswer } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import { type Action, refusalLabel } from "../screen.ts";
import type { InputEvent } from "./events.ts";
import { type Key, keyOf } from "./focus.ts";
import type { Screens } from "./screens.ts";
import type { Press, Session } from "./session.ts";
import type { Contact } from "./touch.ts";

/** An impatient finger presses once. */
const AGAIN_MS = 1_500;

interface ControlsDeps {
  readonly screens: Screens;
  readonly session: Session;
  readonly views: () => readonly PositionView[];
  readonly input: CustomerInput;
  readonly clock: Clock;
  readonly log: Log;
  readonly redraw: () => void;
}

/** What fingers and keys do. */
export class Controls {
  readonly #deps: ControlsDeps;
  #lastId = "";
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ControlsDeps) {
    this.#deps = deps;
  }

  /** A press is a touch and a release on the same button. */
  touch(contact: Contact): void {
    const { screens } = this.#deps;
    this.#awake();
    screens.focus.hide();
    const id = screens.buttonAt(contact);
    if (contact.kind === "down") screens.pressedId = id;
    else {
      const pressedId = screens.pressedId;
      screens.pressedId = null;
      if (id !== null && id === pressedId) this.#press(id);
    }
  }

  letGo(): void {
    this.#deps.screens.pressedId = null;
    this.#deps.redraw();
  }

  key(event: InputEvent): void {
    const key = keyOf(event);
    if (key === null) return;
    this.#awake();
    this.#onKey(key, this.#deps.screens.buttonIds());
  }

  #onKey(key: Key, ids: readonly string[]): void {
    const { screens } = this.#deps;
    switch (key) {
      case "next":
        screens.focus.move(ids, 1);
        break;
      case "previous":
        screens.focus.move(ids, -1);
        break;
      case "back":
        this.#press("back");
        break;
      case "stop":
        this.#stopAll(ids);
        break;
      case "press": {
        const focusedId = screens.focus.in(ids);
        if (focusedId === null) screens.focus.move(ids, 1);
        else this.#press(focusedId);
        break;
      }
    }
  }

  #awake(): void {
    this.#deps.session.touch(this.#deps.clock.monotonicMs());
    this.#deps.redraw();
  }

  /** The position that is seen; where none is, every one: to stop too much is better than not to stop. */
  #stopAll(ids: readonly string[]): void {
    const stopId = ids.find((id) => id.startsWith("stop "));
    if (stopId !== undefined) this.#press(stopId);
    if (!ids.some((id) => id.startsWith("open "))) return;
    for (const { id, state } of this.#deps.views()) {
      if (state === "dispensing") this.#answered(this.#deps.input.stop(id));
    }
  }

  #press(id: string): void {
    const press = this.#deps.screens.pressOf(id);
    if (press === null) return;
    const nowMs = this.#deps.clock.monotonicMs();
    const isAgain = id === this.#lastId && nowMs - this.#lastMs < AGAIN_MS;
    if (press.kind === "act" && isAgain) return;
    this.#lastId = id;
    this.#lastMs = nowMs;
    this.#do(press);
    this.#deps.redraw();
  }

  #do(press: Press): void {
    const { session } = this.#deps;
    switch (press.kind) {
      case "open":
        session.open(press.position);
        break;
      case "back":
        session.open(null);
        break;
      case "language":
        session.speakNext();
        break;
      case "act":
        this.#act(press.view, press.action);
        break;
    }
  }

  #act(view: PositionView, action: Action): void {
    const { input, session } = this.#deps;
    switch (action.kind) {
      case "dismiss":
        session.dismiss(view);
        break;
      case "select":
        this.#answered(input.select(view.id, action.reserve, action.unitPrice));
        break;
      case "stop":
        this.#answered(input.stop(view.id));
        break;
      case "cancel":
        this.#answered(input.cancel(view.id));
        break;
      case "extend":
        this.#answered(input.extend(view.id));
        break;
    }
  }

  #answered(answer: Promise<InputAnswer>): void {
    const { session, clock, log, redraw } = this.#deps;
    const refuse = (kind: Exclude<InputAnswer["kind"], "taken">): void => {
      session.refuse(refusalLabel(kind), clock.monotonicMs());
      redraw();
    };
    answer.then(
      ({ kind }) => {
        if (kind !== "taken") refuse(kind);
      },
      (error: unknown) => {
        log.error({ err: error }, "A press on the display failed.");
        refuse("conflict");
      },
    );
  }
}
