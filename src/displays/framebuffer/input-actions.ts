import type { Clock } from "../../ports/clock.ts";
import type { CustomerInput, InputAnswer } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import type { DisplaySession } from "../display-session.ts";
import { ask, isRequest, refusalLabel } from "../screen.ts";
import { type Key, keyOf } from "./focus.ts";
import type { InputEvent } from "./input-events.ts";
import type { Press } from "./page.ts";
import type { Renderer } from "./renderer.ts";
import type { Contact } from "./touch.ts";

/** An impatient finger presses once. */
const AGAIN_MS = 1_500;

interface InputActionsDeps {
  readonly renderer: Renderer;
  readonly session: DisplaySession;
  readonly input: CustomerInput;
  readonly clock: Clock;
  readonly log: Log;
  readonly redraw: () => void;
}

/** What fingers and keys do. */
export class InputActions {
  readonly #deps: InputActionsDeps;
  #lastId = "";
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(deps: InputActionsDeps) {
    this.#deps = deps;
  }

  /** A press is a touch and a release on the same button. */
  touch(contact: Contact): void {
    const { renderer } = this.#deps;
    this.#awake();
    renderer.focus.hide();
    const id = renderer.buttonAt(contact);
    if (contact.kind === "down") renderer.pressedId = id;
    else {
      const pressedId = renderer.pressedId;
      renderer.pressedId = null;
      if (id !== null && id === pressedId) this.#press(id);
    }
  }

  letGo(): void {
    this.#deps.renderer.pressedId = null;
    this.#deps.redraw();
  }

  key(event: InputEvent): void {
    const key = keyOf(event);
    if (key === null) return;
    this.#awake();
    this.#onKey(key, this.#deps.renderer.buttonIds());
  }

  #onKey(key: Key, ids: readonly string[]): void {
    const { renderer } = this.#deps;
    switch (key) {
      case "next":
        renderer.focus.move(ids, 1);
        break;
      case "previous":
        renderer.focus.move(ids, -1);
        break;
      case "back":
        this.#press("back");
        break;
      case "stop":
        this.#stopAll(ids);
        break;
      case "press": {
        const focusedId = renderer.focus.in(ids);
        if (focusedId === null) renderer.focus.move(ids, 1);
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
    for (const { id, state } of this.#deps.session.views) {
      if (state === "dispensing") this.#answered(this.#deps.input.stop(id));
    }
  }

  #press(id: string): void {
    const press = this.#deps.renderer.pressOf(id);
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
    const { session, input } = this.#deps;
    switch (press.kind) {
      case "open":
        session.open(press.position);
        break;
      case "back":
        session.open(null);
        break;
      case "language":
        session.speak(session.nextLanguage ?? session.language);
        break;
      case "act":
        if (!isRequest(press.action)) session.act(press.action, press.view);
        else this.#answered(ask(input, press.view.id, press.action));
        break;
    }
  }

  #answered(answer: Promise<InputAnswer>): void {
    const { session, clock, log, redraw } = this.#deps;
    session.ask();
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
