import { EventEmitter } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventHub } from "../../../src/displays/web/event-hub.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { DropReason } from "../../../src/ports/metrics.ts";
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

  it("are for sixteen followers; a new one takes the place of the one that is silent longest", async () => {
    const streams: Stream[] = [];
    for (let each = 0; each < 16; each += 1) streams.push(await listen(kiosk.display.url, `page000${each + 10}`));
    // The first tells that it is looked at; the second has said nothing for longest then.
    const headers = { "content-type": "application/json" };
    const beat = `${kiosk.display.url}/api/display/heartbeat?page=page00010`;
    expect((await fetch(beat, { method: "POST", headers, body: "{}" })).status).toBe(204);
    const last = await listen(kiosk.display.url, "page00099");
    expect(last.status).toBe(200);
    await streams[1]?.ended;
    expect(kiosk.drops).toEqual(["follower-displaced"]);
    for (const stream of [...streams, last]) stream.abort();
  });

  it("take one place for each page, however often it comes back without having left", async () => {
    const beat = (page: string) => fetch(`${kiosk.display.url}/api/display/heartbeat?page=${page}`, { method: "POST" });
    const streams: Stream[] = [];
    for (let each = 0; each < 18; each += 1) {
      streams.push(await listen(kiosk.display.url, "page000a"));
      await beat("page000a");
    }
    const other = await listen(kiosk.display.url, "page000b");
    streams.push(other);
    expect(streams.map(({ status }) => status)).toEqual(Array(19).fill(200));
    await Promise.all(streams.slice(0, 17).map(({ ended }) => ended));
    kiosk.display.show({ positions: [VIEWS.live()] });
    for (const stream of streams.slice(17)) await expect.poll(() => states(stream)).toHaveLength(2);
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
    const drops: DropReason[] = [];
    const hub = eventHub("{}", "hash", systemClock(), (reason) => drops.push(reason));
    server = createServer((_request, response) => hub.add(response, { page: null, origin: "loopback", isOwn: true }));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    const filler = "x".repeat(64 * 1024);
    // The kernel takes some megabytes before the buffer that we bound begins to fill.
    for (let round = 0; round < 1_000 && drops.length === 0; round += 1) {
      hub.push(JSON.stringify({ round, filler }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(drops).toEqual(["not-reading"]);
    hub.close();
    socket.destroy();
  });
});

async function listen(url: string, page = "page0000"): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(`${url}/api/events?page=${page}`, { signal: controller.signal });
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

describe("a place among the followers", () => {
  const line = () => {
    const response = Object.assign(new EventEmitter(), {
      destroyed: false,
      writableLength: 0,
      write: () => true,
      end: () => {},
      destroy: () => {
        response.destroyed = true;
      },
    });
    return response;
  };
  type Row = readonly [page: string, isOwn: boolean, heardMs: number | null, isBehind: boolean];
  const named = (row: Row) => ({ page: row[0], origin: "", isOwn: row[1] });

  it.each<[string, Row[], boolean, string | null]>([
    [
      "of one that is behind goes first",
      [
        ["a", true, null, false],
        ["b", true, 20_000, true],
      ],
      false,
      "b",
    ],
    [
      "of one that was never heard of goes next",
      [
        ["a", true, 20_000, false],
        ["b", true, null, false],
      ],
      false,
      "b",
    ],
    [
      "of one that was not heard of lately goes too",
      [
        ["a", false, 19_000, false],
        ["b", false, 5_000, false],
      ],
      false,
      "b",
    ],
    [
      "of a page that is looked at does not go",
      [
        ["a", false, 19_000, false],
        ["b", true, 19_000, false],
      ],
      false,
      null,
    ],
    [
      "of a page elsewhere goes to the kiosk's own",
      [
        ["a", true, 15_000, false],
        ["b", false, 19_000, false],
      ],
      true,
      "b",
    ],
    [
      "of the kiosk's own page does not go",
      [
        ["a", true, 15_000, false],
        ["b", true, 19_000, false],
      ],
      true,
      null,
    ],
  ])("%s", (_case, rows, isOwn, expected) => {
    let nowMs = 0;
    const drops: DropReason[] = [];
    const limits = { followers: rows.length, bufferBytes: 1_000, heartbeatMs: 60_000 };
    const hub = eventHub("{}", "hash", { monotonicMs: () => nowMs }, (reason) => drops.push(reason), limits);
    const responses = rows.map((row) => {
      const response = line();
      hub.add(response as unknown as ServerResponse, named(row));
      return response;
    });
    const beats = rows
      .filter(([, , heardMs]) => heardMs !== null)
      .sort((one, other) => Number(one[2]) - Number(other[2]));
    for (const [page, , heardMs] of beats) {
      nowMs = heardMs ?? 0;
      hub.heard(page);
    }
    nowMs = 20_000;
    for (const [index, row] of rows.entries()) if (row[3]) Object.assign(responses[index] ?? {}, { writableLength: 1 });
    expect(hub.makeRoom({ page: "new", origin: "", isOwn })).toBe(expected !== null);
    expect(rows.filter((_row, index) => responses[index]?.destroyed).map(([page]) => page)).toEqual(
      expected === null ? [] : [expected],
    );
    expect(drops).toEqual([expected === null ? "follower-refused" : "follower-displaced"]);
    hub.close();
  });

  it("of a page that has moved to another network is kept by no heartbeat; nobody elsewhere takes it at once", () => {
    let nowMs = 0;
    const limits = { followers: 2, bufferBytes: 1_000, heartbeatMs: 60_000 };
    const hub = eventHub("{}", "hash", { monotonicMs: () => nowMs }, () => {}, limits);
    const lines = ["192.0.2.1", "192.0.2.2"].map((origin) => {
      const response = line();
      expect(hub.makeRoom({ page: "a", origin, isOwn: false })).toBe(true);
      hub.add(response as unknown as ServerResponse, { page: "a", origin, isOwn: false });
      return response;
    });
    expect(lines.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    nowMs = 20_000;
    hub.heard("a");
    expect(hub.makeRoom({ page: "b", origin: "192.0.2.3", isOwn: false })).toBe(true);
    expect(lines.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    hub.close();
  });
});
