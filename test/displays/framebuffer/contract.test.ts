import { rm } from "node:fs/promises";
import { afterEach } from "vitest";
import { displayContract } from "../../contract/display.ts";
import { VIEWS } from "../../support/views.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;

afterEach(() => rm(rig.folder, { recursive: true, force: true }));

displayContract(
  "the framebuffer",
  async () => {
    rig = await startRig();
    return rig.display;
  },
  Object.values(VIEWS).map((view) => ({ positions: [view()] })),
);
