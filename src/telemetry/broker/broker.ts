import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

interface BrokerSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Broker {
  readonly url: string;
  /** Cuts every connection. Repeatable. */
  close(): Promise<void>;
}

/** A small broker in this process. It speaks MQTT 3.1.1 only and answers MQTT 5 with "unacceptable protocol version". */
export async function startBroker(settings: BrokerSettings): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  try {
    await listen(server, settings);
  } catch (error) {
    aedes.close();
    throw error;
  }
  let closing: Promise<void> | null = null;
  return {
    url: urlOf(server),
    close: () => {
      closing ??= shut(aedes, server, sockets);
      return closing;
    },
  };
}

function listen(server: Server, { host, port }: BrokerSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the broker listens on no port");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `mqtt://${host}:${address.port}`;
}

async function shut(aedes: Aedes, server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await new Promise<void>((resolve) => {
    aedes.close(resolve);
  });
  for (const socket of sockets) socket.destroy();
  await stopped;
}
