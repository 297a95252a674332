import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { onTestFinished } from "vitest";

export const TOKEN = "a token";
export const LOOPBACK = "127.0.0.1";
/** For a press that is not taken at all; a busy machine needs seconds for one that is. */
const PATIENCE_MS = 30_000;

/** An address of this machine from which connections do not come from loopback; loopback where there is none. */
export function otherAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? LOOPBACK;
}

/** As many connections as asked for, opened again as soon as they are ended, until the test is over. */
export function holdCrowd(address: string, port: number, count: number, greet: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let isOver = false;
  let opened = 0;
  const open = (): void => {
    if (isOver) return;
    const socket = connect(port, address);
    sockets.add(socket);
    opened += 1;
    socket.on("connect", () => greet(socket));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      setTimeout(open, 100);
    });
  };
  for (let each = 0; each < count; each += 1) open();
  onTestFinished(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
  return { opened: () => opened };
}

/** The status of a press of STOP on a connection of its own, or what went wrong. */
export function pressStop(address: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const path = "/api/positions/1/stop";
    const sent = request({ host: address, port, path, method: "POST", headers, agent: false, timeout: PATIENCE_MS });
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => resolve(error.message));
    sent.end();
  });
}

/** Follows the events as a page does: how many pieces came, and whether the stream has ended. */
export function followEvents(address: string, port: number): { pieces: number; isOver: boolean; close(): void } {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const sent = request({ host: address, port, path: "/api/events", headers, agent: false });
  const stream = { pieces: 0, isOver: false, close: () => void sent.destroy() };
  sent.on("response", (response) => {
    response.on("data", () => {
      stream.pieces += 1;
    });
    response.on("error", () => undefined);
    response.on("close", () => {
      stream.isOver = true;
    });
  });
  sent.on("error", () => {
    stream.isOver = true;
  });
  sent.end();
  return stream;
}

/** What one who is not known can send without ever coming to an end. */
export const STRANGERS: Readonly<Record<string, (socket: Socket) => void>> = {
  "who say nothing": () => {},
  "who send half a header": (socket) => void socket.write("GET /health HTTP/1.1\r\nHost: x\r\n"),
  "who send a byte at a time": (socket) => {
    const drip = setInterval(() => socket.write("x"), 100);
    socket.write("GET /health HTTP/1.1\r\nHost: x\r\nX: ");
    socket.on("close", () => clearInterval(drip));
  },
  "who send half a body": (socket) =>
    void socket.write(
      "POST /api/positions/1/stop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{",
    ),
  "who are answered and stay": (socket) => void socket.resume().write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
  "who are refused and stay": (socket) => void socket.resume().write("GET /api/state HTTP/1.1\r\nHost: x\r\n\r\n"),
  "who ask and do not read": (socket) => void socket.pause().write("GET /page.js HTTP/1.1\r\nHost: x\r\n\r\n"),
  "who do not wait for answers": (socket) =>
    void socket.resume().write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20)),
  "who ask for a tunnel": (socket) => void socket.write("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
  "who ask for another protocol": (socket) =>
    void socket.write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
  "who close their half": (socket) => void socket.end("GET /health HTTP/1.1\r\n"),
};
