import type { IConnackPacket } from "mqtt";
import { z } from "zod";

/** 5 is MQTT 5, 4 is what MQTT 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

/** What the broker takes, as it says when it lets the kiosk in. */
export interface BrokerLimits {
  /** The largest packet, whole. */
  readonly packetMaxBytes: number;
  /** The broker has not announced that size: it is concluded from connections that ended. */
  readonly isSizeGuessed: boolean;
  /** How many messages of ours may wait for its acknowledgement. */
  readonly inFlightMax: number;
  /** With 0 it acknowledges nothing that it is sent. */
  readonly qosMax: 0 | 1;
  readonly keepsRetained: boolean;
  /** Whether a subscription may stand for several topics. */
  readonly wildcards: boolean;
  /** How long it keeps commands for a kiosk that is away; null when it is as the kiosk asked. */
  readonly sessionExpiryS: number | null;
  /** What it calls the kiosk; null when it is as the kiosk said. */
  readonly assignedClientId: string | null;
}

/** Brokers allow this many without saying so; more makes nothing faster. */
const IN_FLIGHT_MAX = 32;

const NONE: BrokerLimits = {
  packetMaxBytes: Number.POSITIVE_INFINITY,
  isSizeGuessed: false,
  inFlightMax: IN_FLIGHT_MAX,
  qosMax: 1,
  keepsRetained: true,
  wildcards: true,
  sessionExpiryS: null,
  assignedClientId: null,
};

/** A value that the protocol forbids counts as not said. Source: MQTT 5.0, 3.2.2.3. */
const announced = z.object({
  maximumPacketSize: z.int().min(1).optional().catch(undefined),
  receiveMaximum: z.int().min(1).optional().catch(undefined),
  maximumQoS: z.int().min(0).max(1).optional().catch(undefined),
  retainAvailable: z.boolean().optional().catch(undefined),
  wildcardSubscriptionAvailable: z.boolean().optional().catch(undefined),
  sessionExpiryInterval: z.int().min(0).optional().catch(undefined),
  assignedClientIdentifier: z.string().min(1).max(256).optional().catch(undefined),
});

/**
 * What a CONNACK announces. The keep-alive that it orders is kept by the package; topic aliases and shared
 * subscriptions are not used, whatever it allows of them.
 */
export function limitsOf({ properties }: Pick<IConnackPacket, "properties">, askedExpiryS: number): BrokerLimits {
  const said = announced.parse(properties ?? {});
  const expiryS = said.sessionExpiryInterval ?? askedExpiryS;
  return {
    packetMaxBytes: said.maximumPacketSize ?? NONE.packetMaxBytes,
    isSizeGuessed: false,
    inFlightMax: Math.min(said.receiveMaximum ?? IN_FLIGHT_MAX, IN_FLIGHT_MAX),
    qosMax: said.maximumQoS === 0 ? 0 : 1,
    keepsRetained: said.retainAvailable ?? true,
    wildcards: said.wildcardSubscriptionAvailable ?? true,
    sessionExpiryS: expiryS === askedExpiryS ? null : expiryS,
    assignedClientId: said.assignedClientIdentifier ?? null,
  };
}

/** Those that are not as everywhere, for the log. */
export function unusual(limits: BrokerLimits): Readonly<Partial<BrokerLimits>> {
  return Object.fromEntries(
    Object.entries(limits).filter(([name, value]) => value !== NONE[name as keyof BrokerLimits]),
  );
}

/** The packet that carries a message. */
export interface Sized {
  readonly topic: string;
  readonly payloadBytes: number;
  readonly qos: 0 | 1;
  /** Null when there is none. */
  readonly correlationBytes: number | null;
}

/** How long its PUBLISH is on the wire. Source: MQTT 5.0, 2.1 and 3.3. */
export function publishBytes({ topic, payloadBytes, qos, correlationBytes }: Sized, version: ProtocolVersion): number {
  const properties = correlationBytes === null ? 0 : 3 + correlationBytes;
  const ofVersion5 = version === 5 ? lengthBytes(properties) + properties : 0;
  const number = qos === 0 ? 0 : 2;
  return withHeader(2 + Buffer.byteLength(topic) + number + ofVersion5 + payloadBytes);
}

/** A SUBSCRIBE of one filter, without properties. */
export function subscribeBytes(filter: string, version: ProtocolVersion): number {
  return withHeader(2 + (version === 5 ? 1 : 0) + 2 + Buffer.byteLength(filter) + 1);
}

function withHeader(restBytes: number): number {
  return 1 + lengthBytes(restBytes) + restBytes;
}

/** A length takes a byte for each seven bits. */
function lengthBytes(value: number): number {
  return value < 128 ? 1 : 1 + lengthBytes(Math.floor(value / 128));
}
