import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SimulatorPort } from "../../../src/devices/bench/device.ts";
import { encode, type Frame } from "../../../src/devices/modbus-meter/codec.ts";
import { encodeMbap, MbapFraming } from "../../../src/devices/modbus-meter/mbap.ts";

/** Function code, address and count or value: every request here has as many bytes. */
const REQUEST_BYTES = 5;

/** The network's end of simulated meters: it speaks Modbus TCP for them, or hands their bytes on as a gateway does. */
export class NetPlug {
  readonly #framing: "tcp" | "rtu";
  readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #transaction = 0;
  #kept: Uint8Array | null = null;
  /** What is done to Modbus TCP: answers under another number, or each with the next question. */
  does: "well" | "renumber" | "late" = "well";
  connections = 0;
  most = 0;

  constructor(framing: "tcp" | "rtu") {
    this.#framing = framing;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.#port}`;
  }

  port(): SimulatorPort {
    return {
      write: (bytes) => this.#write(bytes),
      onBytes: (listener) => this.#listeners.push(listener),
      close: () => Promise.resolve(),
    };
  }

  async plugIn(): Promise<void> {
    const server = createServer((socket) => this.#take(socket));
    await once(server.listen({ host: "127.0.0.1", port: this.#port }), "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    this.most = Math.max(this.most, this.#sockets.size);
    const framing = new MbapFraming(() => REQUEST_BYTES);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (bytes) => {
      if (this.#framing === "rtu") this.#hand(bytes);
      else for (const { transaction, ...frame } of framing.push(bytes)) this.#ask(transaction, frame);
    });
  }

  #ask(transaction: number, frame: Frame): void {
    this.#transaction = transaction;
    this.#hand(encode(frame));
  }

  #hand(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes);
  }

  #write(bytes: Uint8Array): void {
    if (this.#framing === "rtu") this.#send(bytes);
    else {
      const [unit = 0, functionCode = 0] = bytes;
      const transaction = this.does === "renumber" ? (this.#transaction + 1) % 0x10000 : this.#transaction;
      const answer = encodeMbap({ transaction, unit, functionCode, data: bytes.subarray(2, -2) });
      if (this.does !== "late") this.#send(answer);
      else if (this.#kept !== null) this.#send(this.#kept);
      this.#kept = answer;
    }
  }

  #send(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }
}
