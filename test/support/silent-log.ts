import type { Log } from "../../src/ports/log.ts";

/** For what is not about what is logged. */
export const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
