/** What a person is told, with what to do. */
export const FAULTS = {
  offline: () =>
    "the charger is not connected: it keeps doing what it did last, and cannot be stopped from here. Check its power, its network and the address that it is told",
  coming: () =>
    "the charger has not come yet, or is being set up, or still tells of what was: wait a minute, then look at the address that it is told",
  keys: (keys: string) =>
    `the charger does not take what keeps others from starting it, or how often it tells its meter: set ${keys} at the charger by hand, and name what it then keeps silent about in setByHand`,
  moneyKeys: (keys: string) =>
    `the charger does not take ${keys}: some energy may be given away; set it at the charger by hand`,
  noSetup: (detail: string) =>
    `the charger could not be set up, which is tried again: see whether it answers (${detail})`,
  state: (status: string, errorCode: string, info: string | null) =>
    `the charger says ${status}, ${errorCode}${info === null ? "" : ` (${info})`}: look at it`,
  running: (detail: string) =>
    `the charger does not stop: switch off its mains, or its contactor, and look at it (${detail})`,
  alone: () =>
    "the charger charges without having been told to: nobody is charged for it, and it was told to stop. Switch off free charging and autostart at the charger",
  restarted: () => "the charger restarted during a delivery: check its supply",
  silent: () => "the charger tells no meter readings: look at MeterValueSampleInterval and MeterValuesSampledData",
  startless: () => "the charger did not begin though it took the order: look at it, and at the car",
  register: (detail: string) => `what the charger says cannot be put on record: check the disk (${detail})`,
} as const;

/** What a fault stands under until it is over. */
export type Cause = "coming" | "offline" | "keys" | "state" | "running" | "alone" | "restarted" | "silent" | "register";
