import http, { type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HttpExchange,
  JsonCalls,
  type JsonCallsSettings,
  type JsonRequest,
} from "../../../src/platform/http/json-calls.ts";
import type { Log } from "../../../src/ports/log.ts";
import { unknown } from "../../../src/ports/outcome.ts";

const CLOCK = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

interface Rig {
  readonly calls: JsonCalls;
  readonly sockets: Set<unknown>;
  readonly lines: string[];
  call(changes?: Partial<JsonRequest>): ReturnType<typeof called>;
}

function called(calls: JsonCalls, url: URL, changes: Partial<JsonRequest> = {}) {
  const request: JsonRequest = { operation: "ask", method: "GET", url, headers: {}, body: null, ...changes };
  return calls.call(request, (answer) => (answer.status === 599 ? (unknown("no sense") as never) : answer));
}

async function rig(listener: RequestListener, changes: Partial<JsonCallsSettings> = {}): Promise<Rig> {
  const sockets = new Set<unknown>();
  const server = http.createServer((request, response) => {
    sockets.add(request.socket);
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/thing?of=mine`);
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const calls = new JsonCalls({
    ...{ timeoutMs: 5_000, causes: { endpoint: "payment.x.endpoint", authority: null } },
    ...{ clock: CLOCK, log, secrets: () => [] },
    ...changes,
  });
  return { calls, sockets, lines, call: (more) => called(calls, url, more) };
}

const answering =
  (status: number, headers: Readonly<Record<string, string>>, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

const JSON_TYPE = { "content-type": "application/json" };
const MORE = "x".repeat(300_000);

describe("what counts as an answer", () => {
  it.each<[string, RequestListener, object]>([
    ["JSON", answering(200, JSON_TYPE, '{"a":1}'), { kind: "answer", status: 200, json: { a: 1 } }],
    ["JSON under another name", answering(201, { "content-type": "text/plain" }, "[1]"), { kind: "answer", json: [1] }],
    ["none, with a yes", answering(200, {}, ""), { kind: "answer", status: 200, json: undefined }],
    ["a no with JSON", answering(409, JSON_TYPE, '{"b":2}'), { kind: "answer", status: 409, json: { b: 2 } }],
    ["a no without a body", answering(401, {}, ""), { kind: "answer", status: 401, json: undefined }],
    ["a no in words", answering(403, {}, "go away"), { kind: "answer", status: 403, json: undefined }],
    ["a yes in words", answering(200, {}, "ok"), { kind: "unknown", detail: /no JSON \(HTTP 200\)/ }],
    ["half of one", answering(200, JSON_TYPE, '{"a":'), { kind: "unknown", detail: /no JSON/ }],
    [
      "a page",
      answering(200, { "content-type": "text/html" }, "{}"),
      { kind: "unknown", detail: /web page/, advice: /log-in page/ },
    ],
    [
      "a page under another name",
      answering(404, JSON_TYPE, " <!DOCTYPE html><p>"),
      { kind: "unknown", detail: /web page.*404/ },
    ],
    [
      "a redirect",
      answering(302, { location: "http://127.0.0.1:1/" }, "{}"),
      { kind: "unknown", detail: /redirected.*302/ },
    ],
    [
      "a permanent redirect of a POST",
      answering(308, { location: "/thing" }, "{}"),
      { kind: "unknown", detail: /redirected.*308/ },
    ],
    ["one too long", answering(200, JSON_TYPE, `"${MORE}"`), { kind: "unknown", detail: /more than 262144 bytes/ }],
  ])("%s", async (_what, listener, expected) => {
    const { call } = await rig(listener);
    const said = await call({ method: "POST", body: "{}" });
    for (const [key, value] of Object.entries(expected)) {
      const shown = (said as unknown as Record<string, unknown>)[key];
      if (value instanceof RegExp) expect(shown).toMatch(value);
      else expect(shown).toEqual(value);
    }
  });

  it.each<[string, RequestListener, RegExp]>([
    ["cut before", (request) => void request.socket.destroy(), /connection failed \(UND_ERR_SOCKET\)/],
    [
      "cut in the body",
      (request, response) => {
        response.writeHead(200, { ...JSON_TYPE, "content-length": "100" });
        response.write('{"a":1}', () => request.socket.destroy());
      },
      /connection failed/,
    ],
    ["silent", () => undefined, /no complete answer within 300 ms/],
    [
      "in crumbs",
      (_request, response) => {
        response.writeHead(200, JSON_TYPE);
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
      /no complete answer within 300 ms/,
    ],
  ])("%s: it is none", async (_what, listener, words) => {
    const { call } = await rig(listener, { timeoutMs: 300 });
    const said = await call();
    expect(said.kind).toBe("unknown");
    expect((said as { detail: string }).detail).toMatch(words);
  });

  it("nobody there is told with what to do", async () => {
    const { calls } = await rig(() => undefined);
    const passing = http.createServer();
    await new Promise<void>((resolve) => passing.listen(0, "127.0.0.1", resolve));
    const { port } = passing.address() as AddressInfo;
    await new Promise((resolve) => passing.close(resolve));
    const said = await called(calls, new URL(`http://127.0.0.1:${port}/`));
    expect(said).toMatchObject({ kind: "unknown", advice: expect.stringMatching(/port of payment.x.endpoint/) });
  });
});

describe("a call", () => {
  it("has a connection of its own, and asks for nothing packed", async () => {
    const seen: IncomingMessage[] = [];
    const { call, sockets } = await rig((request, response) => {
      seen.push(request);
      response.setHeader("keep-alive", "timeout=60").end("{}");
    });
    for (let each = 0; each < 3; each++) await call();
    expect(sockets.size).toBe(3);
    expect(seen.map(({ headers }) => [headers.connection, headers["accept-encoding"]])).toEqual(
      Array(3).fill(["close", "identity"]),
    );
  });

  it.each([
    [429, "20", 20_000],
    [503, "20", 20_000],
    [500, "20", null],
  ])("with status %i and Retry-After %s says how long to wait", async (status, header, waitMs) => {
    const { call } = await rig(answering(status, { "retry-after": header }, "{}"));
    expect(await call()).toMatchObject({ kind: "answer", retryAfterMs: waitMs });
  });

  it("under way when all is closed ends at once, and as unknown", async () => {
    const { call, calls } = await rig(() => calls.close());
    expect(await call()).toMatchObject({ kind: "unknown", detail: expect.stringContaining("ended before") });
  });

  it("tells the time of answers that are understood, and of no other", async () => {
    let status = 599;
    const { call, calls } = await rig((request, response) =>
      answering(status, { date: "Sat, 28 Nov 2026 10:00:00 GMT" }, "{}")(request, response),
    );
    await call();
    expect(calls.serviceTime).toBeNull();
    status = 404;
    await call();
    expect(calls.serviceTime?.atMs).toBe(Date.UTC(2026, 10, 28, 10));
  });

  it("that only asks is told of once while it fails, and when it is well; one that changes something each time", async () => {
    let status = 599;
    const { call, lines } = await rig((request, response) => answering(status, {}, "{}")(request, response));
    for (let each = 0; each < 5; each++) await call();
    expect(lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    for (let each = 0; each < 3; each++) await call({ operation: "take", method: "POST", body: "{}" });
    expect(lines.filter((line) => line.startsWith("warn"))).toHaveLength(4);
    status = 200;
    await call();
    expect(lines.filter((line) => line.startsWith("info"))).toEqual([expect.stringMatching(/again.*"failures":5/)]);
  });

  it("is listened to without its secrets, and a listener that throws changes nothing", async () => {
    const heard: HttpExchange[] = [];
    const secrets = () => ["my-secret-key", "token-of-today", "ok"];
    const onExchange = (exchange: HttpExchange): never => {
      heard.push(exchange);
      throw new Error("full");
    };
    const { call } = await rig(answering(200, JSON_TYPE, '{"access":"token-of-today","ok":1}'), {
      secrets,
      onExchange,
    });
    expect(await call({ headers: { key: "my-secret-key" }, method: "POST", body: '{"x":1}' })).toMatchObject({
      json: { access: "token-of-today" },
    });
    expect(heard).toMatchObject([
      {
        operation: "ask",
        request: 'POST /thing?of=mine\nkey: ***\n\n{"x":1}',
        answer: 'HTTP 200\n\n{"access":"***","ok":1}',
      },
    ]);
  });
});
