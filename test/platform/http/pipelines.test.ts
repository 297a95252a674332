import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestDisplay, type TestDisplay } from "../../displays/web/support.ts";
import { longestStall } from "../../support/stall.ts";
import { LOOPBACK, pressStop, TOKEN } from "./crowd.ts";

const HOST = "Host: localhost\r\n";
const STATUS_LINE = /HTTP\/1\.1 (\d{3})/g;
const AT_ONCE = 20_000;

let kiosk: TestDisplay;

beforeEach(async () => {
  kiosk = await startTestDisplay({ token: TOKEN });
});

afterEach(async () => {
  await kiosk.display.close();
});

/** What is answered to the bytes until the kiosk ends the connection; null when it does not. */
function answersTo(bytes: string): Promise<string[] | null> {
  return new Promise((resolve) => {
    const socket = connect(kiosk.port, LOOPBACK);
    let text = "";
    const late = setTimeout(() => {
      resolve(null);
      socket.destroy();
    }, 3_000);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(late);
      resolve([...text.matchAll(STATUS_LINE)].map(([, status]) => status ?? ""));
    });
    socket.write(bytes);
  });
}

/** Whatever Node answers by itself goes through the same door as what the display answers. */
const KINDS: readonly (readonly [what: string, request: string, answers: readonly string[]])[] = [
  ["of which nothing is special", `GET /health HTTP/1.1\r\n${HOST}\r\n`, ["200"]],
  ["of an older version", `GET /health HTTP/1.0\r\n${HOST}\r\n`, ["200"]],
  ["whose lines end as they should not", `GET /health HTTP/1.1\nHost: localhost\n\n`, ["400"]],
  ["that expect what nobody has", `GET /health HTTP/1.1\r\n${HOST}Expect: more\r\n\r\n`, ["417"]],
  ["that want to be told to go on", `GET /health HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n\r\n`, ["100", "200"]],
  ["that name no host", "GET /health HTTP/1.1\r\n\r\n", ["400"]],
  [
    "that ask for another protocol",
    `GET /health HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
    ["200"],
  ],
  ["that ask for a tunnel", `CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n`, []],
  ["that are none", "\u0000\r\n\r\n", ["400"]],
  ["of a later version", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, ["400"]],
];
const READ_ON = [
  "of which nothing is special",
  "that expect what nobody has",
  "that want to be told to go on",
  "that name no host",
];

describe("a request of a stranger", () => {
  it.each(KINDS)("%s gets one answer, and the connection is over", async (_what, request, answers) => {
    expect(await answersTo(request)).toEqual(answers);
  });
});

describe("requests that do not wait for their answers hold nobody up", () => {
  it.each(KINDS)("%s", async (_what, request) => {
    const bytes = request.repeat(AT_ONCE);
    const stalled = await longestStall(async () => {
      const answers = await answersTo(bytes);
      expect(answers).not.toBeNull();
      expect(answers?.length).toBeLessThanOrEqual(8);
    });
    expect(stalled).toBeLessThan(1);
    expect(await pressStop(LOOPBACK, kiosk.port)).toBe(202);
  });

  // After the others the parser itself reads no more.
  it.each(KINDS.filter(([what]) => READ_ON.includes(what)))("%s, a few at a time", async (_what, request) => {
    expect(await answersTo(request.repeat(12))).not.toBeNull();
    expect(kiosk.drops).toEqual(["pipelined"]);
  });

  it("and are not seen in a body that has empty lines", async () => {
    const body = JSON.stringify({ reserve: "100.00" }).replace(":", `:${"\r\n".repeat(12)}`);
    const response = await fetch(`http://localhost:${kiosk.port}/api/positions/1/select`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body,
    });
    expect([response.status, kiosk.drops]).toEqual([202, []]);
  });
});
