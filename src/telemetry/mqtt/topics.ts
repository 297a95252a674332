/** One topic of a kiosk, below `<topicPrefix>/<kiosk.id>/`. `message` names its type in `messages.ts`. */
export interface Topic {
  readonly address: string;
  readonly direction: "from-kiosk" | "to-kiosk";
  readonly retained: boolean;
  readonly qos: 0 | 1;
  readonly message: string;
  /** In few words: it stands in a table. */
  readonly what: string;
}

const from = { direction: "from-kiosk" } as const;
const to = { direction: "to-kiosk", retained: false, qos: 1 } as const;
const record = { ...from, retained: false, qos: 1 } as const;

/** Every topic that a kiosk writes or reads. What documents and schemas say is generated from here. */
export const TOPICS = {
  status: {
    ...from,
    address: "status",
    retained: true,
    qos: 1,
    message: "StatusMessage",
    what: "Online, offline; also its will.",
  },
  state: {
    ...from,
    address: "positions/{position}/state",
    retained: true,
    qos: 1,
    message: "StateMessage",
    what: "A position, at every change.",
  },
  meter: {
    ...from,
    address: "positions/{position}/meter",
    retained: false,
    qos: 0,
    message: "MeterMessage",
    what: "What flows, once a second.",
  },
  today: {
    ...from,
    address: "positions/{position}/today",
    retained: true,
    qos: 1,
    message: "TodayMessage",
    what: "What today's sales come to.",
  },
  faults: {
    ...from,
    address: "faults",
    retained: true,
    qos: 1,
    message: "FaultsMessage",
    what: "All faults raised now.",
  },
  health: {
    ...from,
    address: "health",
    retained: false,
    qos: 0,
    message: "HealthMessage",
    what: "How the machine is, each minute.",
  },
  sales: { ...record, address: "sales", message: "SaleMessage", what: "Closed sales, in order." },
  refunds: {
    ...record,
    address: "refunds",
    message: "RefundMessage",
    what: "Steps of refunds, in order.",
  },
  reconciliations: {
    ...record,
    address: "reconciliations",
    message: "ReconciliationMessage",
    what: "Comparisons of the books.",
  },
  unaccounted: {
    ...record,
    address: "unaccounted",
    message: "UnaccountedMessage",
    what: "What no sale pays for.",
  },
  ack: {
    ...to,
    address: "sales/ack",
    message: "SaleAckMessage",
    what: "The receiver has a sale for good.",
  },
  stop: { ...to, address: "cmd/stop", message: "StopCommand", what: "Ends a delivery." },
  block: {
    ...to,
    address: "cmd/block",
    message: "BlockCommand",
    what: "Takes one or all positions out of service.",
  },
  unblock: { ...to, address: "cmd/unblock", message: "UnblockCommand", what: "Puts it back." },
  "set-block": {
    ...to,
    address: "cmd/set-block",
    message: "SetBlockCommand",
    what: "Blocks or unblocks: one topic for both.",
  },
  "set-price": {
    ...to,
    address: "cmd/set-price",
    message: "SetPriceCommand",
    what: "A new unit price, from the next sale on.",
  },
  reconcile: { ...to, address: "cmd/reconcile", message: "ReconcileCommand", what: "Compares the books now." },
  republish: { ...to, address: "cmd/republish", message: "RepublishCommand", what: "Sends records again." },
  acknowledge: {
    ...to,
    address: "cmd/acknowledge",
    message: "AcknowledgeCommand",
    what: "A person has looked at it.",
  },
  reply: {
    ...from,
    address: "cmd/{command}/reply",
    retained: false,
    qos: 1,
    message: "CommandReply",
    what: "Answers without response topic.",
  },
} as const satisfies Readonly<Record<string, Topic>>;
