/** How real chargers differ from the standard, and from each other: each was found at some model. */
export const QUIRKS = {
  "kwh-as-wh": "tells kilowatt-hours under the unit Wh",
  "boot-loop": "restarts when asked anything before it was answered",
  "no-boot": "sends no BootNotification by itself",
  "session-samples": "counts each session from 0 in MeterValues, and all in start and stop",
  "register-resets": "begins its register anew with each transaction",
  "begin-in-samples": "repeats the value of the begin in each message, behind the new one",
  "forgets-id": "ends a transaction under -1, and the next under 0",
  "reboots-on-many": "takes any list of measurands, and restarts when it is to send more than two",
  "refuses-measurands": "takes no list of measurands",
  "says-twice": "sends StartTransaction and StopTransaction twice, under other ids",
  "hex-tags-only": "takes tags of at most 20 hex digits only",
  "forgets-start": "takes a start without a car, and forgets it",
  "needs-connector": "refuses a start that names no connector",
  "no-subprotocol": "names no subprotocol",
  "clock-1970": "lives in 1970",
  "status-disorder": "says Finishing early, and never Available",
  "free-vend": "starts by itself when a car comes",
  "late-stops": "refuses a stop once it has ended by itself, and takes 12 s to say that it has",
  "emergency-goes-on": "says that it stopped for an emergency, and goes on",
  "zero-ends": "ends a transaction by a limit of 0",
  "level-zero-only": "takes profiles of the lowest level only",
  "relative-watts-only": "takes relative profiles in watts only",
  "availability-disturbs": "faults when its availability is changed for nothing",
  "connector-zero": "tells its meter for connector 0, and for transaction 0 while it is idle",
  "beyond-32-bit": "adds 2^32 to every other reading",
  "no-meter-start": "says 0 at the start, whatever its register shows",
  "no-trigger-storm": "loses its connection when triggered six times in a minute",
  "creeps-after-stop": "counts a little on after it has told the end",
  "blank-values": "writes blanks around its values, nothing in some, and no units",
} as const;

export type Quirk = keyof typeof QUIRKS;

export const ALL_QUIRKS = Object.keys(QUIRKS) as readonly Quirk[];

export function isQuirk(name: string): name is Quirk {
  return Object.hasOwn(QUIRKS, name);
}
