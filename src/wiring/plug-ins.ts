import type { PlugIns } from "../config/plug-ins.ts";
import { DEVICES } from "../devices/registry.ts";
import { displayChecks } from "../displays/checks.ts";
import { PAYMENTS } from "../payments/registry.ts";

const payments: PlugIns["payments"] = PAYMENTS;

export const PLUG_INS = { devices: DEVICES, payments, displayChecks } satisfies PlugIns;
