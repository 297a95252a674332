import type { PlugIns } from "../config/plug-ins.ts";
import { DEVICES } from "../devices/registry.ts";

export const PLUG_INS = { devices: DEVICES } satisfies PlugIns;
