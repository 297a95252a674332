/** What a serial line says to people of an answer that did not come. */

const SILENT = "check that the device is on, its cable in, its address right";

/** What came in place of an answer. */
export const INSTEAD = {
  nothing: () => `: ${SILENT}`,
  echo: () => `, only the question's own echo: ${SILENT}`,
  others: () => ": other messages came: look for something else that speaks on the line",
  noise: (bytes: number) =>
    `: ${bytes} bytes came that make no message: check speed, parity and stop bits, and whether the line is disturbed`,
};

export const LINE = {
  takesNothing: () => "the port takes no bytes: unplug its adapter, plug it in",
  neverSilent: () => "the line is never silent: look for something else that speaks on it",
  tooMany: () => "too many requests wait: set the devices on this line to be asked less often",
  unanswered: (silenceMs: number) =>
    `not one answer in ${silenceMs} ms: check that the device is on, the cable in, the speed right`,
};

export const NET = {
  closed: () => "the device has closed the connection: check whether another program speaks with it",
  hangs: () => "nobody answers there: check that the device is on, its cable and its address",
  refused: () => "nobody listens there: check the address, and switch its network protocol on",
  other: (why: string) => `${why}: check the network, and \`port\` in the configuration`,
};

export const PORT = {
  unplugged: () => "the device is gone: plug it in, or check its cable",
  hangs: () => "hangs in opening: unplug it, plug it in",
  missing: () => "there is no such device: plug it in, or correct the path",
  forbidden: (advice: string) => `this user may not open it: ${advice}`,
  taken: (path: string) => `another program holds it: \`sudo fuser -v ${path}\` says which; end that one`,
  other: (why: string) => `${why}: check the adapter, and \`port\` in the configuration`,
};
