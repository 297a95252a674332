import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { startTestDisplay } from "../../displays/web/support.ts";
import { LOOPBACK, STRANGERS, TOKEN } from "./crowd.ts";

const LONGEST_MS = 8_000;

/** How long the connection was kept, or null when it was kept for longer than seconds. */
async function keptMs(greet: (socket: Socket) => void): Promise<number | null> {
  const { display, port } = await startTestDisplay({ token: TOKEN });
  const socket = connect(port, LOOPBACK);
  try {
    return await new Promise((resolve) => {
      const beganMs = performance.now();
      socket.on("connect", () => greet(socket.resume()));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(performance.now() - beganMs));
      setTimeout(() => resolve(null), LONGEST_MS).unref();
    });
  } finally {
    socket.destroy();
    await display.close();
  }
}

describe.concurrent("a connection is kept for seconds only, of those", () => {
  it.each(Object.entries(STRANGERS).filter(([who]) => who !== "who ask and do not read"))("%s", async (_who, greet) => {
    expect(await keptMs(greet)).not.toBeNull();
  });

  it("who are known and idle", async () => {
    const ask = `GET /api/state HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
    expect(await keptMs((socket) => void socket.write(ask))).toBeGreaterThan(2_000);
  });

  it("who are not known, once they are answered", async () => {
    const ask = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    expect(await keptMs((socket) => void socket.write(ask))).toBeLessThan(2_000);
  });
});
