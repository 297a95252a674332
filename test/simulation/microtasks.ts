import { setFlagsFromString } from "node:v8";

/**
 * Settles all promises before it returns, so that virtual time needs no turn of the event loop for each step: that
 * turn would be nine tenths of the simulation's time. Does nothing when it is called out of a promise's own callback.
 */
export const settlePromises: () => void = (() => {
  setFlagsFromString("--allow-natives-syntax");
  const settle = new Function("%PerformMicrotaskCheckpoint()") as () => void;
  setFlagsFromString("--no-allow-natives-syntax");
  return settle;
})();
