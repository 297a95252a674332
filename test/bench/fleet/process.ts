import { Socket } from "node:net";
import { startKiosk } from "./kiosk.ts";
import { startPlainClient } from "./plain.ts";
import { type Handlers, kioskName, type LoadSetup, type Requests, type Setup } from "./protocol.ts";
import { subscribe } from "./subscriber.ts";

/** A process of the bench: is told once what to be, then answers, and ends with its parent. */
let handlers: Handlers = {};

process.on("disconnect", () => process.exit(1));
process.on("message", (message: { setup: Setup } | { id: number; request: keyof Requests }) => {
  const work = "setup" in message ? setUp(message.setup) : answer(message.id, message.request);
  work.catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});

async function setUp(setup: Setup): Promise<void> {
  handlers = setup.role === "subscriber" ? await subscribe(setup) : await load(setup);
  process.send?.({ id: 0, answer: null });
}

async function answer(id: number, request: keyof Requests): Promise<void> {
  process.send?.({ id, answer: (await handlers[request]?.()) ?? null });
}

async function load(setup: LoadSetup): Promise<Handlers> {
  let attempts = 0;
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function counted(this: Socket, ...options: unknown[]): Socket {
    attempts += 1;
    return Reflect.apply(connect, this, options);
  };
  const numbers = Array.from({ length: setup.count }, (_, at) => setup.from + at);
  const clients =
    setup.role === "kiosks"
      ? await Promise.all(numbers.map((number) => startKiosk(kioskName(number), setup)))
      : numbers.map((number) => startPlainClient(number, setup));
  return {
    counts: () => ({ attempts, sold: clients.reduce((sum, { sold }) => sum + sold, 0) }),
    quiet: () => {
      for (const client of clients) client.quiet();
      return null;
    },
  };
}
