import type http from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ANSWERS, type Operation } from "../../../src/payments/seqr/answer-schema.ts";
import { createSeqrClient, type SeqrClient } from "../../../src/payments/seqr/client.ts";
import { operationIn } from "../../../src/payments/seqr/exchange.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { CLOCK, envelope, memoryLog, PASSWORD, type RawServer, rawServer, settingsFor } from "./rig.ts";

type Misuse = (socket: Socket, request: http.IncomingMessage) => void;

/** What becomes of a connection that is used a second time, though nobody has said that it must not be. */
const USED_AGAIN: Readonly<Record<string, Misuse>> = {
  "is reset": (socket) => void socket.resetAndDestroy(),
  "is closed": (socket) => void socket.destroy(),
  "is half closed": (socket) => void socket.end(),
};
const SILENT: Misuse = () => undefined;
const OPERATIONS = Object.keys(ANSWERS) as Operation[];
const ASKING: readonly Operation[] = ["getPaymentStatus", "executeReport"];
const PRINCIPAL = { id: "t", type: "TERMINALID", password: PASSWORD } as const;

let server: RawServer | null = null;
let client: SeqrClient | null = null;

afterEach(async () => {
  client?.close();
  await server?.close();
});

/** A service that answers one call on each connection, and what has arrived there. */
async function service(misuse: Misuse, extra: { headers?: http.OutgoingHttpHeaders; timeoutMs?: number } = {}) {
  const arrived: string[] = [];
  const used = new Set<Socket>();
  const shy = await rawServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const operation = operationIn(body);
      const isAgain = used.has(request.socket);
      arrived.push(isAgain ? `${operation}, on a used connection` : operation);
      used.add(request.socket);
      if (isAgain) return misuse(request.socket, request);
      response.writeHead(200, { "Content-Type": "text/xml", ...extra.headers });
      response.end(envelope(operation, "<resultCode>0</resultCode>"));
    });
  });
  server = shy;
  const opened = await createSeqrClient({
    endpoint: shy.endpoint,
    requestTimeoutMs: extra.timeoutMs ?? 20_000,
    clientId: "kioskd test",
  });
  client = opened;
  const call = (operation: Operation, connection?: "fresh") =>
    opened.call(operation, PRINCIPAL, "r", {}, connection).then(({ kind }) => kind);
  return { call, arrived, endpoint: shy.endpoint };
}

describe.each(Object.entries(USED_AGAIN))("a kept connection that %s when it is used", (_name, misuse) => {
  it.each(OPERATIONS.filter((each) => !ASKING.includes(each)))(
    "%s arrives once, and is answered",
    async (operation) => {
      const { call, arrived } = await service(misuse);
      await call("getPaymentStatus");
      expect(await call(operation)).toBe("answer");
      expect(await call(operation)).toBe("answer");
      expect(arrived).toEqual(["getPaymentStatus", operation, operation]);
    },
  );

  it.each(ASKING)("%s is asked again at once, on a new one", async (operation) => {
    const { call, arrived } = await service(misuse);
    await call("getPaymentStatus");
    expect(await call(operation)).toBe("answer");
    expect(arrived).toEqual(["getPaymentStatus", `${operation}, on a used connection`, operation]);
  });

  it("takes the others that were kept with it", async () => {
    const { call, arrived } = await service(misuse);
    await Promise.all([1, 2, 3].map(() => call("getPaymentStatus")));
    await call("getPaymentStatus");
    await call("getPaymentStatus");
    expect(arrived.filter((each) => each.includes("used"))).toHaveLength(1);
  });
});

describe("a kept connection that is silent when it is used", () => {
  const TIMEOUT_MS = 400;

  it("takes the others that were kept with it", async () => {
    const { call, arrived } = await service(SILENT, { timeoutMs: TIMEOUT_MS });
    const kinds = await Promise.all([1, 2, 3].map(() => call("getPaymentStatus")));
    expect(kinds).toEqual(Array(3).fill("answer"));
    expect(await call("getPaymentStatus")).toBe("unknown");
    expect(await call("getPaymentStatus")).toBe("answer");
    expect(arrived).toHaveLength(5);
  });

  it("does not reach a call that changes something, nor the probe", async () => {
    const { call } = await service(SILENT, { timeoutMs: 20_000 });
    await call("getPaymentStatus");
    expect(await call("commitReservation")).toBe("answer");
    expect(await call("getPaymentStatus", "fresh")).toBe("answer");
  });
});

it("the time-out covers the repetition too", async () => {
  let connections = 0;
  server = await rawServer((request, response) => {
    request.resume();
    if (++connections === 1) return void response.end(envelope("getPaymentStatus", "<resultCode>0</resultCode>"));
    if (connections === 2) setTimeout(() => request.socket.destroy(), 600);
  });
  client = await createSeqrClient({ endpoint: server.endpoint, requestTimeoutMs: 1_000, clientId: "kioskd test" });
  await client.call("getPaymentStatus", PRINCIPAL, "r", {});
  const startedMs = performance.now();
  expect(await client.call("getPaymentStatus", PRINCIPAL, "r", {})).toMatchObject({ kind: "unknown" });
  expect(connections).toBe(3);
  expect(performance.now() - startedMs).toBeLessThan(1_500);
});

it.each<[string, http.OutgoingHttpHeaders]>([
  ["that it is closed", { Connection: "close" }],
  ["that it is kept for a second", { Connection: "keep-alive", "Keep-Alive": "timeout=1" }],
])("a service that says %s is served as any other", async (_name, headers) => {
  const { call, arrived } = await service(USED_AGAIN["is closed"] as Misuse, { headers });
  for (let time = 0; time < 3; time++) expect(await call("getPaymentStatus")).toBe("answer");
  expect(await call("commitReservation")).toBe("answer");
  expect(arrived.filter((each) => each.includes("commit"))).toHaveLength(1);
});

describe("the service's own time", () => {
  it.each<[string, http.OutgoingHttpHeaders, number | null]>([
    ["is what its answer says", { Date: "Sun, 22 Nov 2026 09:55:12 GMT" }, Date.UTC(2026, 10, 22, 9, 55, 12)],
    ["is not known from nonsense", { Date: "yesterday" }, null],
  ])("%s", async (_name, headers, atMs) => {
    const { endpoint } = await service(SILENT, { headers });
    const provider = await createSeqrProvider(settingsFor(endpoint), CLOCK, memoryLog());
    expect(provider.serviceTime?.()).toBeNull();
    await provider.probe("1");
    expect(provider.serviceTime?.()?.atMs ?? null).toBe(atMs);
    await provider.close();
  });

  it.each([
    ["a network's log-in", "{}", "application/json"],
    ["another program", "<a/>", "text/xml"],
    ["an answer to another request", envelope("cancelInvoice", "<resultCode>0</resultCode>"), "text/xml"],
  ])("is not what %s says", async (_name, body, contentType) => {
    const headers = { Date: "Mon, 01 Jan 1990 00:00:00 GMT", "Content-Type": contentType };
    const { endpoint, close } = await rawServer((_request, response) => response.writeHead(200, headers).end(body));
    const provider = await createSeqrProvider(settingsFor(endpoint), CLOCK, memoryLog());
    expect((await provider.probe("1")).kind).toBe("unknown");
    expect(provider.serviceTime?.()).toBeNull();
    await provider.close();
    await close();
  });
});
