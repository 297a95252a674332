import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
  /** The service's address, by way of the relay. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Stands before a service, and tells what it answers in the moment it goes on to who asked. */
export async function relayTo(endpoint: string, passes: (answer: string) => void): Promise<Relay> {
  const { hostname, port } = new URL(endpoint);
  const open = new Set<Socket>();
  const server = createServer((asks) => {
    const answers = connect(Number(port), hostname);
    for (const each of [asks, answers]) {
      open.add(each.setNoDelay(true));
      each.on("error", () => each.destroy()).once("close", () => open.delete(each));
    }
    answers.on("data", (bytes) => passes(bytes.toString("latin1")));
    asks.pipe(answers).pipe(asks);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const by = new URL(endpoint);
  by.port = String((server.address() as AddressInfo).port);
  const close = async (): Promise<void> => {
    for (const each of open) each.destroy();
    server.close();
    await once(server, "close");
  };
  return { endpoint: by.href, close };
}
