import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventHub } from "../../../src/adapters/display/web/events.ts";
import { VIEWS } from "../../support/views.ts";
import { startTestDisplay, type TestDisplay } from "./support.ts";

interface Stream {
  readonly status: number;
  readonly events: { readonly event: string; readonly data: string }[];
  readonly ended: Promise<void>;
  readonly abort: () => void;
}

describe("the web display's events", () => {
  let kiosk: TestDisplay;

  beforeEach(async () => {
    kiosk = await startTestDisplay();
  });

  afterEach(async () => {
    await kiosk.display.close();
  });

  const states = (stream: Stream): unknown[] =>
    stream.events.filter(({ event }) => event === "state").map(({ data }) => JSON.parse(data));

  it("begin with the state as it is and follow each change once", async () => {
    const first = { positions: [VIEWS.choose()] };
    const second = { positions: [VIEWS.live()] };
    kiosk.display.show(first);
    const stream = await listen(kiosk.display.url);
    kiosk.display.show(structuredClone(first));
    kiosk.display.show(second);
    kiosk.display.show(structuredClone(second));
    await expect.poll(() => states(stream)).toEqual([first, second]);
    stream.abort();
  });

  it("carry a heartbeat, by which the page knows that the line is alive", async () => {
    const stream = await listen(kiosk.display.url);
    const beats = (): number => stream.events.filter(({ event }) => event === "heartbeat").length;
    await expect.poll(beats, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    stream.abort();
  });

  it("are for sixteen clients; a place is free again when one leaves", async () => {
    const streams = await Promise.all(Array.from({ length: 16 }, () => listen(kiosk.display.url)));
    expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
    expect((await listen(kiosk.display.url)).status).toBe(503);
    streams[0]?.abort();
    await expect
      .poll(async () => {
        const stream = await listen(kiosk.display.url);
        stream.abort();
        return stream.status;
      })
      .toBe(200);
    for (const stream of streams) stream.abort();
  });

  it("end promptly with the display", async () => {
    const stream = await listen(kiosk.display.url);
    const startedMs = performance.now();
    await kiosk.display.close();
    await stream.ended;
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe("a client that does not read", () => {
  let server: Server;

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("is dropped when its buffer is full", async () => {
    let dropped = 0;
    const hub = eventHub("{}", "hash", () => {
      dropped += 1;
    });
    server = createServer((_request, response) => hub.add(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    const filler = "x".repeat(64 * 1024);
    // The kernel takes some megabytes before the buffer that we bound begins to fill.
    for (let round = 0; round < 1_000 && dropped === 0; round += 1) {
      hub.push(JSON.stringify({ round, filler }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(dropped).toBe(1);
    expect(hub.isFull()).toBe(false);
    hub.close();
    socket.destroy();
  });
});

async function listen(url: string): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(`${url}/api/events`, { signal: controller.signal });
  const events: { event: string; data: string }[] = [];
  const ended = read(response, events).catch(() => undefined);
  return { status: response.status, events, ended, abort: () => controller.abort() };
}

async function read(response: Response, events: { event: string; data: string }[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
      if (event !== undefined && data !== undefined) events.push({ event, data });
    }
  }
}
