import { render } from "preact";
import { DisplaySession } from "../../display-session.ts";
import { isRequest } from "../../screen.ts";
import { App, screenName } from "./app.tsx";
import { follow } from "./connection.ts";
import { idleOf } from "./idle.ts";
import { beat, loadSettings, press } from "./kiosk-requests.ts";
import { forgetLeft, newModel, shownOf } from "./model.ts";
import type { Hand } from "./parts.tsx";
import { setSizes } from "./sizes.ts";
import { setColours, themeOf } from "./theme.ts";

const TICK_MS = 250;
const FONTS_MS = 1_000;
const FONTS = ["400 1em 'Noto Sans'", "700 1em 'Noto Sans'"];

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element app.");
const model = newModel();
let epoch = 0;
let hasBegun = false;
let isDrawn = false;
let isWaking = false;

const hand: Hand = {
  press: (action) => {
    const shown = shownOf(model);
    if (shown.kind !== "position") return;
    const { session } = model;
    if (!isRequest(action)) session.act(action, shown.view);
    else {
      session.ask();
      void press(shown.view.id, action).then((refusal) => {
        if (refusal !== null) session.refuse(refusal, performance.now());
        draw();
      });
    }
    draw();
  },
  open: (position) => {
    model.session.open(position);
    draw();
  },
  chooseLanguage: (isChoosingLanguage) => change({ isChoosingLanguage }),
  speak: (language) => {
    model.session.speak(language);
    change({ isChoosingLanguage: false });
  },
  toggle: (what) => change({ [what]: !model[what], isChoosingLanguage: false }),
};

function change(changes: Partial<typeof model>): void {
  Object.assign(model, changes);
  draw();
}

/** A page that failed to draw sends no heartbeat: nobody may be sold what they cannot read. */
function draw(): void {
  isDrawn = false;
  const shown = shownOf(model);
  const { documentElement, body } = document;
  documentElement.lang = model.session.language.texts.locale;
  setColours(themeOf(model), model.settings.look.colour);
  setSizes(model.settings, model.isLarge);
  body.dataset["screen"] = screenName(shown, model);
  body.dataset["message"] = shown.kind === "position" ? shown.view.message : "";
  if (root === null) return;
  // What the file itself shows stays until there is more to show.
  if (!hasBegun && shown.kind === "starting") return;
  if (!hasBegun) root.replaceChildren();
  hasBegun = true;
  render(<App model={model} shown={shown} idle={idleOf(model)} hand={hand} epoch={epoch} />, root);
  isDrawn = true;
}

function remeasure(): void {
  epoch += 1;
  draw();
}

/** A touch of a sleeping screen wakes it, and presses nothing. */
function touched(): void {
  isWaking = idleOf(model).isAsleep;
  model.session.touch(performance.now());
  draw();
}

function swallow(event: Event): void {
  if (!isWaking) return;
  isWaking = false;
  event.stopImmediatePropagation();
  event.preventDefault();
}

addEventListener("pointerdown", touched, { capture: true });
addEventListener("click", swallow, { capture: true });
addEventListener("keydown", (event) => {
  touched();
  swallow(event);
});
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("resize", remeasure);

loadSettings((settings) => {
  document.title = settings.kioskName;
  const session = new DisplaySession(settings.locales, performance.now(), settings.timezone);
  session.show(model.session.views);
  Object.assign(model, { settings, session });
  const late = new Promise<void>((resolve) => setTimeout(resolve, FONTS_MS));
  void Promise.race([Promise.allSettled(FONTS.map((font) => document.fonts.load(font))), late]).then(() => {
    model.isReady = true;
    // Letters that come later are measured when they come.
    if (document.fonts.status === "loading") document.fonts.addEventListener("loadingdone", remeasure);
    remeasure();
  });
});
follow({
  state: (positions) => {
    model.session.show(positions);
    change({ isLost: false });
  },
  lost: () => change({ isLost: true }),
  clock: (clockAheadMs) => {
    model.clockAheadMs = clockAheadMs;
  },
});
beat(() => isDrawn && !model.isLost && model.session.views.length > 0);
setInterval(() => {
  forgetLeft(model);
  draw();
}, TICK_MS);
