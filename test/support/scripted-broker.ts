import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { generate, type IConnackPacket, type IConnectPacket, type Packet, parser } from "mqtt-packet";

type Announced = NonNullable<IConnackPacket["properties"]>;

export interface Script {
  /** What it says in its CONNACK, and keeps to. */
  readonly announces?: Announced;
  /** Other than 0 nobody gets in. */
  readonly refuses?: (connect: IConnectPacket) => number;
  /** The reason code for a message or a subscription; 0 unless given. */
  readonly judges?: (packet: Packet) => number;
  /** How long a message waits for its acknowledgement. */
  readonly ackMs?: number;
}

/** An MQTT 5 broker that keeps nothing, holds a client to what it has announced, and does as a test says. */
export interface ScriptedBroker {
  readonly url: string;
  readonly port: number;
  readonly packets: readonly Packet[];
  readonly connects: readonly IConnectPacket[];
  /** Reason codes of the disconnections for what the client should have known. */
  readonly kicks: readonly number[];
  /** The most messages that waited for their acknowledgement. */
  inFlightPeak(): number;
  /** To the client that came last. */
  send(packet: Packet): void;
  /** Says DISCONNECT with a reason, and resets the connection. */
  throwOut(reasonCode: number, reasonString?: string): void;
  close(): Promise<void>;
}

const V5 = { protocolVersion: 5 };

export async function scriptedBroker(script: Script = {}): Promise<ScriptedBroker> {
  const packets: Packet[] = [];
  const connects: IConnectPacket[] = [];
  const kicks: number[] = [];
  const sockets = new Set<Socket>();
  let current: Socket | null = null;
  let peak = 0;
  const { announces = {}, ackMs = 5 } = script;

  // Without delay, or a reset throws away what was said right before it.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    current = socket;
    let inFlight = 0;
    const say = (packet: Packet): void => void (socket.writable && socket.write(generate(packet, V5)));
    const kick = (reasonCode: number): void => {
      kicks.push(reasonCode);
      say({ cmd: "disconnect", reasonCode });
      socket.end();
    };
    const reader = parser(V5);
    reader.on("error", () => socket.destroy());
    reader.on("packet", (packet) => {
      packets.push(packet);
      const reason = offence(packet, announces, inFlight);
      if (reason !== 0 && packet.cmd !== "connect") {
        kick(reason);
        return;
      }
      const reasonCode = script.judges?.(packet) ?? 0;
      if (packet.cmd === "connect") {
        connects.push(packet);
        const code = script.refuses?.(packet) ?? 0;
        say({ cmd: "connack", sessionPresent: false, reasonCode: code || reason, properties: announces });
        if (code !== 0 || reason !== 0) socket.end();
      } else if (packet.cmd === "subscribe") {
        const granted = packet.subscriptions.map(() => reasonCode);
        say({ cmd: "suback", granted, reasonCode, ...numberOf(packet) });
      } else if (packet.cmd === "unsubscribe") {
        say({ cmd: "unsuback", granted: packet.unsubscriptions.map(() => 0), ...numberOf(packet) });
      } else if (packet.cmd === "pingreq") say({ cmd: "pingresp" });
      else if (packet.cmd === "publish" && packet.qos === 1) {
        inFlight += 1;
        peak = Math.max(peak, inFlight);
        setTimeout(() => {
          inFlight -= 1;
          say({ cmd: "puback", reasonCode, ...numberOf(packet) });
        }, ackMs);
      }
    });
    socket.on("data", (data) => reader.parse(data));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const last = (): Socket => {
    if (current === null) throw new Error("nobody has come");
    return current;
  };
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    ...{ port: address.port, packets, connects, kicks },
    inFlightPeak: () => peak,
    send: (packet) => void last().write(generate(packet, V5)),
    throwOut: (reasonCode, reasonString) => {
      const properties = reasonString === undefined ? {} : { reasonString };
      last().write(generate({ cmd: "disconnect", reasonCode, properties }, V5), () => last().resetAndDestroy());
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The reason code that MQTT 5 has for a packet which goes beyond what was announced; 0 when it does not. */
function offence(packet: Packet, announces: Announced, inFlight: number): number {
  const bytes = 1 + lengthBytes(packet.length ?? 0) + (packet.length ?? 0);
  if (packet.cmd !== "connect" && bytes > (announces.maximumPacketSize || Number.POSITIVE_INFINITY)) return 0x95;
  const sent = packet.cmd === "connect" ? packet.will : packet.cmd === "publish" ? packet : undefined;
  if (sent?.retain === true && announces.retainAvailable === false) return 0x9a;
  if ((sent?.qos ?? 0) > (announces.maximumQoS ?? 2)) return 0x9b;
  if (packet.cmd === "publish" && packet.qos > 0 && inFlight >= (announces.receiveMaximum ?? 65_535)) return 0x93;
  const wild = packet.cmd === "subscribe" && packet.subscriptions.some(({ topic }) => topic.includes("+"));
  return wild && announces.wildcardSubscriptionAvailable === false ? 0xa2 : 0;
}

function lengthBytes(value: number): number {
  return value < 128 ? 1 : 1 + lengthBytes(Math.floor(value / 128));
}

function numberOf({ messageId }: { messageId?: number }): { messageId: number } {
  if (messageId === undefined) throw new Error("the packet has no number");
  return { messageId };
}
