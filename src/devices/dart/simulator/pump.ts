import type { BenchAction, BenchDevice, SimulatorPort } from "../../bench/device.ts";
import { strayWire, type WireFault } from "../../bench/noise.ts";
import { dartFraming } from "../codec.ts";
import { type KeptSale, PumpSide } from "./side.ts";

export interface DartPumpOptions {
  /** One side for each, 0x50 to 0x6F; 0x50 alone unless given. */
  readonly addresses?: readonly number[];
  /** Litres with so many decimals, as in the driver's settings; 2 unless given. */
  readonly volumeDecimals?: 0 | 1 | 2 | 3;
  /** Of its amounts and of its price; 2 each unless given. */
  readonly amountDecimals?: number;
  readonly priceDecimals?: number;
  /** 40,000 ml a minute unless given. */
  readonly rateBasePerMinute?: number;
  /** How much faster than real time it flows; 1 unless given. */
  readonly speed?: number;
  /** 1989 unless given; null for a pump that was never programmed. */
  readonly price?: number | null;
  readonly totalBase?: number;
  /** A sale, in the pump's digits, that it goes on showing until something flows again. */
  readonly keeps?: KeptSale;
}

/** A pump of one side or more. Actions of several sides bear the address: `51/lift`. */
export interface DartPumpBench extends BenchDevice {
  readonly sides: readonly BenchDevice[];
}

const LATE_MS = 400;
/** What befalls all sides at once. */
const WIRE: readonly BenchAction[] = [
  { id: "stray-bytes", label: "Bytes of nobody before and after each answer", kind: "fault" },
  { id: "echo", label: "The adapter sends back what it is sent", kind: "fault" },
  { id: "garbled", label: "Nothing but rubbish comes, as with a wrong speed", kind: "fault" },
];
const WIRE_FAULTS = new Map<string, WireFault>([
  ["stray-bytes", "stray"],
  ["echo", "echo"],
  ["garbled", "garbled"],
]);

/** A pump that speaks DART at its end of the line. */
export function startDartPump(port: SimulatorPort, options: DartPumpOptions = {}): DartPumpBench {
  const { addresses = [0x50], volumeDecimals = 2, rateBasePerMinute = 40_000, speed = 1, price = 1_989 } = options;
  const { amountDecimals = 2, priceDecimals = 2, keeps = null } = options;
  const decimals = { volumeDecimals, amountDecimals, priceDecimals };
  const unitBase = 10 ** (3 - volumeDecimals);
  const total = Math.floor((options.totalBase ?? 1_234_560) / unitBase);
  const sides = new Map(
    addresses.map((address) => {
      return [address, new PumpSide(address, { unitBase, rateBasePerMinute, speed, price, total, decimals, keeps })];
    }),
  );
  const named = new Map<string, BenchDevice>(
    [...sides].map(([address, side]) => [sides.size === 1 ? "" : `${address.toString(16)}/`, side]),
  );
  const late = new Set<NodeJS.Timeout>();
  const framing = dartFraming();
  const wire = strayWire();
  const write = (bytes: Uint8Array): void => port.write(wire.send(bytes));

  function answer(bytes: Uint8Array): void {
    if (wire.echoes) port.write(bytes);
    for (const frame of framing.push(bytes)) {
      const said = sides.get(frame.address)?.answer(frame);
      if (said === undefined || said === null) continue;
      if (!said.late) {
        write(said.bytes);
        continue;
      }
      const timer = setTimeout(() => {
        late.delete(timer);
        write(said.bytes);
      }, LATE_MS);
      late.add(timer);
    }
  }

  port.onBytes(answer);
  const all = [...named];
  return {
    kind: "pump-dart",
    sides: [...sides.values()],
    actions: [
      ...all.flatMap(([prefix, side]) => side.actions.map((action): BenchAction => withPrefix(prefix, action))),
      ...WIRE,
    ],
    act: (id) => {
      const fault = WIRE_FAULTS.get(id);
      if (fault !== undefined) {
        wire.set(fault, true);
        return;
      }
      if (id.endsWith("mend")) for (const each of WIRE_FAULTS.values()) wire.set(each, false);
      const found = all.find(([prefix]) => id.startsWith(prefix));
      if (found === undefined) throw new RangeError(`A pump-dart cannot ${id}.`);
      found[1].act(id.slice(found[0].length));
    },
    state: () =>
      Object.fromEntries([
        ...all.flatMap(([prefix, side]) => Object.entries(side.state()).map(([key, value]) => [prefix + key, value])),
        ["wire", wire.state],
      ]),
    releasedBase: () => all.reduce((sum, [, side]) => sum + side.releasedBase(), 0),
    close: async () => {
      for (const timer of late) clearTimeout(timer);
      await Promise.all(all.map(([, side]) => side.close()));
      await port.close();
    },
  };
}

function withPrefix(prefix: string, action: BenchAction): BenchAction {
  return prefix === "" ? action : { ...action, id: prefix + action.id, label: `${prefix} ${action.label}` };
}
