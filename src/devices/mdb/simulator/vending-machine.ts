import { actsOf } from "../../bench/acts.ts";
import type { BenchAction, BenchDevice, SimulatorPort } from "../../bench/device.ts";
import { strayWire } from "../../bench/noise.ts";
import { type Item, SimulatedController } from "./controller.ts";
import { SimulatedReader } from "./reader.ts";

export interface VendingMachineOptions {
  /** By item number, in hundredths of the currency. */
  readonly items?: readonly Item[];
  /** What one vend takes, from approval to result. */
  readonly vendMs?: number;
  readonly pollMs?: number;
  readonly patienceMs?: number;
  /** A customer who spends what a session offers on the dearest item, and again. */
  readonly customer?: "auto" | "bench";
}

const ITEMS: readonly Item[] = [
  { number: 1, priceBase: 1200 },
  { number: 2, priceBase: 1550 },
  { number: 3, priceBase: 2500 },
];

const FAULTS: readonly BenchAction[] = [
  { id: "jam", label: "The next vend jams", kind: "fault" },
  { id: "lose-result-dropped", label: "The next vend drops, its result is lost", kind: "fault" },
  { id: "lose-result-kept", label: "The next vend does not drop, its result is lost", kind: "fault" },
  { id: "silent", label: "The adapter hangs", kind: "fault" },
  { id: "power-cycle", label: "The adapter loses its power and what it knew", kind: "fault" },
  { id: "controller-dead", label: "The controller only sends resets", kind: "fault" },
  { id: "controller-alive", label: "The controller is well again", kind: "fault" },
  { id: "controller-resets", label: "The controller starts anew", kind: "fault" },
  { id: "ignores-sessions", label: "The controller ends the next two sessions at once", kind: "fault" },
  { id: "ends-unsaid", label: "The next vend drops, and its session ends without a result", kind: "fault" },
  { id: "says-twice", label: "Each line comes twice, or once again", kind: "fault" },
  { id: "three-decimals", label: "Amounts come with three decimals, or as agreed", kind: "fault" },
  { id: "stray-bytes", label: "Bytes of nobody before and after each line, or none", kind: "fault" },
  { id: "echo", label: "The adapter sends back what it is sent, or no longer", kind: "fault" },
  { id: "garbled", label: "Nothing but rubbish comes, or lines again", kind: "fault" },
  { id: "quote-errors", label: "Errors come with quotes, or without", kind: "fault" },
];

/** A vending machine with its controller, the MDB bus, and a Qibixx adapter at the end of `port`. */
export function startVendingMachine(port: SimulatorPort, options: VendingMachineOptions = {}): BenchDevice {
  const { items = ITEMS, vendMs = 2_000, pollMs = 50, patienceMs = 120_000, customer = "bench" } = options;
  const wire = strayWire();
  const say = (line: string): void => port.write(wire.send(Buffer.from(`${line}\n`, "latin1")));
  const reader = new SimulatedReader(say);
  const controller = new SimulatedController({ items, vendMs, patienceMs }, (block) => reader.fromBus(block));
  port.onBytes((bytes) => {
    if (wire.echoes) port.write(bytes);
    reader.fromHost(bytes);
  });
  const poll = setInterval(() => {
    controller.poll(performance.now());
    if (customer === "auto" && controller.fundsBase > 0) chooseDearest(controller, items);
  }, pollMs);

  const acts: Readonly<Record<string, () => void>> = {
    ...Object.fromEntries(items.map((item) => [`choose-${item.number}`, () => controller.choose(item)])),
    "give-up": () => controller.giveUp(),
    jam: () => {
      controller.fate = "jams";
    },
    "lose-result-dropped": () => {
      controller.fate = "lost-dropped";
    },
    "lose-result-kept": () => {
      controller.fate = "lost-kept";
    },
    silent: () => {
      reader.hangs = true;
    },
    "power-cycle": () => reader.powerCycle(),
    "controller-dead": () => {
      controller.dead = true;
    },
    "controller-alive": () => {
      controller.dead = false;
    },
    "controller-resets": () => controller.reset(),
    "ignores-sessions": () => {
      controller.ignores = 2;
    },
    "ends-unsaid": () => {
      controller.fate = "ends-unsaid";
    },
    "says-twice": () => {
      reader.repeats = !reader.repeats;
    },
    "three-decimals": () => {
      reader.writesThree = !reader.writesThree;
    },
    "stray-bytes": () => wire.toggle("stray"),
    echo: () => wire.toggle("echo"),
    garbled: () => wire.toggle("garbled"),
    "quote-errors": () => {
      reader.quotesErrors = !reader.quotesErrors;
    },
  };
  return {
    kind: "vending-mdb",
    actions: [
      ...items.map(
        ({ number, priceBase }): BenchAction => ({
          id: `choose-${number}`,
          label: `Choose item ${number} for ${(priceBase / 100).toFixed(2)}`,
          kind: "use",
        }),
      ),
      { id: "give-up", label: "Give up", kind: "use" },
      ...FAULTS,
    ],
    act: actsOf("a vending machine", acts),
    state: () => ({
      controller: controller.dead ? "dead" : controller.state,
      reader: reader.hangs ? "hangs" : reader.state,
      fundsBase: controller.fundsBase,
      vends: controller.vends,
      wire: wire.state,
    }),
    releasedBase: () => controller.releasedBase,
    close: async () => {
      clearInterval(poll);
      await port.close();
    },
  };
}

function chooseDearest(controller: SimulatedController, items: readonly Item[]): void {
  const [dearest] = items
    .filter(({ priceBase }) => priceBase <= controller.fundsBase)
    .sort((one, other) => other.priceBase - one.priceBase);
  if (dearest === undefined) controller.giveUp();
  else controller.choose(dearest);
}
