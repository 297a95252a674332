import type { Unit } from "../../core/quantity.ts";
import type { KioskTopics } from "./addresses.ts";

export interface DiscoveredPosition {
  readonly id: string;
  readonly productName: string;
  readonly unit: Unit;
}

export interface DiscoverySettings {
  /** As `deviceName` makes it: another kiosk's is different. */
  readonly device: string;
  readonly kioskName: string;
  readonly currency: string;
  readonly version: string;
  readonly positions: readonly DiscoveredPosition[];
}

type Component = Readonly<Record<string, unknown>> & { readonly p: "sensor" | "binary_sensor" | "switch" };

/** Units that Home Assistant knows a kind of sensor for which may be a total. */
const DEVICE_CLASSES: Readonly<Partial<Record<Unit, string>>> = { L: "volume", kWh: "energy" };

/**
 * One retained message by which Home Assistant, and what reads its format, sets up the whole kiosk as a device. What
 * is shown comes from the topics that are there anyway. Source: Home Assistant's documentation of MQTT discovery.
 */
export function discoveryText(settings: DiscoverySettings, topics: KioskTopics): string {
  const { device, kioskName, version, positions } = settings;
  return JSON.stringify({
    dev: { ids: [`kioskd-${device}`], name: kioskName, mf: "kioskd", mdl: "kiosk", sw: version },
    o: { name: "kioskd", sw: version },
    availability: [{ topic: topics.of("status"), value_template: "{{ value_json.state }}" }],
    qos: 1,
    cmps: Object.fromEntries(
      [
        ...kioskComponents(topics),
        ...positions.flatMap((position) => positionComponents(settings, position, topics)),
      ].map(([name, component]) => [name, { ...component, uniq_id: `kioskd-${device}-${name}` }]),
    ),
  });
}

type Named = readonly [name: string, component: Component];

function kioskComponents(topics: KioskTopics): readonly Named[] {
  const faults = topics.of("faults");
  return [
    ["faults", { p: "sensor", name: "Faults", state_topic: faults, value_template: "{{ value_json.faults | count }}" }],
    [
      "problem",
      {
        ...{ p: "binary_sensor", name: "Problem", device_class: "problem", state_topic: faults },
        value_template: "{{ 'ON' if value_json.faults | count > 0 else 'OFF' }}",
        json_attributes_topic: faults,
      },
    ],
    ["block", blockSwitch("Out of service", null, topics)],
  ];
}

function positionComponents(
  { currency }: DiscoverySettings,
  { id, productName, unit }: DiscoveredPosition,
  topics: KioskTopics,
): readonly Named[] {
  const label = `${productName} (${id})`;
  const value = (field: string): string => `{{ value_json.${field} }}`;
  const deviceClass = DEVICE_CLASSES[unit] === undefined ? {} : { device_class: DEVICE_CLASSES[unit] };
  const total = {
    p: "sensor",
    state_topic: topics.at("today", id),
    state_class: "total",
    last_reset_value_template: value("since"),
  } as const;
  return [
    [
      `${id}-state`,
      { p: "sensor", name: `${label} state`, state_topic: topics.at("state", id), value_template: value("state") },
    ],
    [
      `${id}-charged-today`,
      {
        ...{ ...total, name: `${label} sold today`, value_template: value("charged") },
        ...{ device_class: "monetary", unit_of_measurement: currency },
      },
    ],
    [
      `${id}-quantity-today`,
      {
        ...{ ...total, name: `${label} delivered today`, value_template: value("quantity") },
        ...{ ...deviceClass, unit_of_measurement: unit },
      },
    ],
    [
      `${id}-quantity`,
      {
        ...{ p: "sensor", name: `${label} quantity`, state_topic: topics.at("meter", id) },
        ...{ value_template: value("quantity"), ...deviceClass, unit_of_measurement: unit },
      },
    ],
    [`${id}-block`, blockSwitch(`${label} out of service`, id, topics)],
  ];
}

/** On is blocked. It shows what the kiosk says, never what was only ordered. */
function blockSwitch(name: string, position: string | null, topics: KioskTopics): Component {
  const payload = (blocked: boolean): string => JSON.stringify(position === null ? { blocked } : { position, blocked });
  const here = position === null ? "selectattr('position', 'none')" : `selectattr('position', 'eq', '${position}')`;
  return {
    ...{ p: "switch", name, icon: "mdi:cancel", optimistic: false },
    ...{ command_topic: topics.of("set-block"), payload_on: payload(true), payload_off: payload(false) },
    ...{ state_topic: topics.of("faults"), state_on: "ON", state_off: "OFF" },
    value_template: `{{ 'ON' if value_json.faults | selectattr('code', 'eq', 'operator-block') | ${here} | list | count > 0 else 'OFF' }}`,
  };
}
