import type { BenchAction } from "../../bench/device.ts";
import { ALL_QUIRKS, QUIRKS } from "./quirks.ts";

const USES: readonly BenchAction[] = [
  { id: "plug-in", label: "Plug in", kind: "use" },
  { id: "charge", label: "Car charges", kind: "use" },
  { id: "full", label: "Car is full", kind: "use" },
  { id: "unplug", label: "Unplug", kind: "use" },
];
const FAULTS: readonly BenchAction[] = [
  { id: "offline", label: "Connection lost or back", kind: "fault" },
  { id: "reboot", label: "Power cut, end told later", kind: "fault" },
  { id: "reboot-forgets", label: "Power cut, end never told", kind: "fault" },
  { id: "emergency", label: "Emergency stop pressed", kind: "fault" },
  { id: "ground-fault", label: "Ground fault or well", kind: "fault" },
  { id: "start-alone", label: "Begins by itself", kind: "fault" },
  { id: "weld", label: "Does not stop when told", kind: "fault" },
  { id: "no-samples", label: "Tells no meter", kind: "fault" },
  { id: "mute", label: "Says and answers nothing", kind: "fault" },
];

/** What a person does to a charger, what happens to it, and each of its ways, which come and go. */
export const ACTIONS: readonly BenchAction[] = [
  ...USES,
  ...FAULTS,
  ...ALL_QUIRKS.map((id) => ({ id, label: `It ${QUIRKS[id]}`, kind: "fault" as const })),
];
