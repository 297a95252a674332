import type { PlugIns } from "../config/plug-ins.ts";
import { DEVICES } from "../devices/registry.ts";
import { displayChecks } from "../displays/checks.ts";

export const PLUG_INS = { devices: DEVICES, displayChecks } satisfies PlugIns;
