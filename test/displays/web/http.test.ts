import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PLAIN_LOOK } from "../../../src/displays/night.ts";
import type { InputAnswer } from "../../../src/ports/display.ts";
import { displayContract } from "../../contract/display.ts";
import { VIEWS } from "../../support/views.ts";
import { startTestDisplay, type TestDisplay } from "./support.ts";

displayContract(
  "the web display",
  async () => (await startTestDisplay()).display,
  Object.values(VIEWS).map((view) => ({ positions: [view()] })),
);

const SELECT = "/api/positions/1/select";
const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const EXPECTED_AMOUNT = 'expected an amount as text, such as "300.00"';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** By `node:http`, because `fetch` does not let a caller set `Host`. */
function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("the web display's requests", () => {
  let kiosk: TestDisplay;

  beforeEach(async () => {
    kiosk = await startTestDisplay();
  });

  afterEach(async () => {
    await kiosk.display.close();
  });

  it.each([
    [
      "an amount",
      "select",
      '{"reserve":"300.00"}',
      { action: "select", position: "1", maximum: "300.00", unitPrice: null },
    ],
    [
      "an amount and the price on the screen",
      "select",
      '{"reserve":"300.00","unitPrice":"19.89"}',
      { action: "select", position: "1", maximum: "300.00", unitPrice: "19.89" },
    ],
    ["a stop", "stop", undefined, { action: "stop", position: "1" }],
    ["a cancellation", "cancel", "{}", { action: "cancel", position: "1" }],
  ])("takes %s", async (_name, action, body, pressed) => {
    const answer = await send(
      kiosk.port,
      "POST",
      `/api/positions/1/${action}`,
      body === undefined ? {} : JSON_TYPE,
      body,
    );
    expect([answer.status, answer.text]).toEqual([202, '{"ok":true}']);
    expect(kiosk.pressed).toEqual([pressed]);
  });

  it.each([
    ["no JSON", JSON_TYPE, "{", 400, "body: expected JSON"],
    ["no body", {}, undefined, 400, "body: expected a JSON object"],
    ["an array", JSON_TYPE, "[]", 400, "body: expected a JSON object"],
    ["a missing key", JSON_TYPE, "{}", 400, `reserve: missing, ${EXPECTED_AMOUNT}`],
    ["a number", JSON_TYPE, '{"reserve":300}', 400, `reserve: ${EXPECTED_AMOUNT}`],
    ["no amount", JSON_TYPE, '{"reserve":"-1"}', 400, `reserve: ${EXPECTED_AMOUNT}`],
    ["an unknown key", JSON_TYPE, '{"reserve":"300.00","limit":"1"}', 400, "limit: unknown key"],
    ["a prototype", JSON_TYPE, '{"reserve":"300.00","__proto__":{}}', 400, "__proto__: unknown key"],
    ["a form of another site", FORM_TYPE, "reserve=300.00", 415, "Unsupported Media Type"],
    ["plain text", { "content-type": "text/plain" }, '{"reserve":"300.00"}', 415, "Unsupported Media Type"],
    ["a body without a type", {}, '{"reserve":"300.00"}', 415, "Unsupported Media Type"],
    ["too much", JSON_TYPE, JSON.stringify({ reserve: "1".repeat(5000) }), 413, "Request body is too large"],
  ])("refuses %s", async (_name, headers, body, status, reason) => {
    const answer = await send(kiosk.port, "POST", SELECT, headers, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining(reason) });
    expect(kiosk.pressed).toEqual([]);
  });

  it.each<[InputAnswer | Error, number, string]>([
    [{ kind: "invalid", reason: "300.00 is not on offer" }, 400, "300.00 is not on offer"],
    [{ kind: "unknown-position", reason: "no position 9" }, 404, "no position 9"],
    [{ kind: "conflict", reason: "a sale is running" }, 409, "a sale is running"],
    [new Error("a secret detail"), 500, "internal error"],
  ])("says what came of it: %j", async (given, status, reason) => {
    kiosk.control.answer = given;
    const answer = await send(kiosk.port, "POST", SELECT, JSON_TYPE, '{"reserve":"300.00"}');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error: reason }]);
  });

  it.each([
    ["GET", SELECT, 404],
    ["POST", "/api/state", 404],
    ["DELETE", "/api/positions/1/stop", 404],
    ["HEAD", "/api/events", 404],
    ["GET", "/server.ts", 404],
    ["GET", "/../server.ts", 404],
    ["GET", "/%2e%2e/server.ts", 404],
    ["GET", "/slides/0.png", 404],
  ])("has nothing for %s %s", async (method, path, status) => {
    expect((await send(kiosk.port, method, path)).status).toBe(status);
  });

  it.each([
    ["a foreign name", { host: "evil.example" }, 403],
    ["a foreign name with our port", { host: "evil.example:8080" }, 403],
    ["a name that begins like ours", { host: "localhost.evil.example" }, 403],
    ["localhost", { host: "localhost:1" }, 200],
    ["the IPv6 loopback", { host: "[::1]:8080" }, 200],
  ])("when asked as %s", async (_name, headers, status) => {
    expect((await send(kiosk.port, "GET", "/api/state", headers)).status).toBe(status);
    expect((await send(kiosk.port, "GET", "/health", headers)).status).toBe(status);
  });

  it.each([
    ["another site", "http://evil.example", 403],
    ["another port", "http://localhost:1", 403],
    ["nowhere", "null", 403],
    ["the page", "own", 202],
  ])("when a button is pressed from %s", async (_name, origin, status) => {
    const headers = { origin: origin === "own" ? kiosk.display.url : origin };
    expect((await send(kiosk.port, "POST", "/api/positions/1/stop", headers)).status).toBe(status);
    expect(kiosk.pressed).toHaveLength(status === 202 ? 1 : 0);
  });

  it("tells its state, its settings, its metrics", async () => {
    expect(JSON.parse((await send(kiosk.port, "GET", "/api/state")).text)).toEqual({ positions: [] });
    const view = VIEWS.scan();
    kiosk.display.show({ positions: [view] });
    expect(JSON.parse((await send(kiosk.port, "GET", "/api/state")).text)).toEqual({ positions: [view] });
    const settings = await send(kiosk.port, "GET", "/api/settings");
    expect(JSON.parse(settings.text)).toEqual({
      kioskName: "Demo station",
      locales: ["sv", "en"],
      support: null,
      panel: null,
      readingDistanceMm: 600,
      slides: [],
      dim: null,
      look: PLAIN_LOOK,
      logo: null,
      timezone: null,
    });
    const metrics = await send(kiosk.port, "GET", "/metrics");
    expect(metrics.headers["content-type"]).toContain("text/plain");
    expect(metrics.text).toBe("kioskd_sales_total 7\n");
  });

  it("tells its health", async () => {
    expect((await send(kiosk.port, "GET", "/health")).status).toBe(200);
    const positions = [{ id: "1", notSelling: "It does not sell because the payment service does not answer." }];
    kiosk.control.health = { ok: false, reasons: ["payment-unreachable"], advice: ["look"], positions };
    const ill = await send(kiosk.port, "GET", "/health");
    expect([ill.status, JSON.parse(ill.text)]).toEqual([
      503,
      { ok: false, reasons: ["payment-unreachable"], advice: ["look"], positions },
    ]);
  });

  it("serves the slides that it found at its start, and nothing else of their folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kioskd-slides-"));
    for (const name of ["b.PNG", "a.jpg", "notes.txt"]) writeFileSync(join(folder, name), name);
    const other = await startTestDisplay({ slides: folder });
    try {
      const settings = JSON.parse((await send(other.port, "GET", "/api/settings")).text);
      expect(settings.slides).toEqual(["/slides/0.jpg", "/slides/1.png"]);
      const slide = await send(other.port, "GET", "/slides/1.png");
      expect([slide.status, slide.headers["content-type"], slide.text]).toEqual([200, "image/png", "b.PNG"]);
      expect((await send(other.port, "GET", "/slides/notes.txt")).status).toBe(404);
    } finally {
      await other.display.close();
      rmSync(folder, { recursive: true });
    }
  });

  it("does without a folder of slides that is not there", async () => {
    const other = await startTestDisplay({ slides: "/nonexistent" });
    expect(JSON.parse((await send(other.port, "GET", "/api/settings")).text).slides).toEqual([]);
    expect(other.logged.join()).toMatch(/folder of slides cannot be read/);
    await other.display.close();
  });

  it("sends the page with headers that forbid foreign scripts and frames", async () => {
    const page = await send(kiosk.port, "GET", "/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect(page.headers["referrer-policy"]).toBe("no-referrer");
  });
});

describe("the web display with a token", () => {
  const token = "s3cret å;token";
  let kiosk: TestDisplay;

  beforeEach(async () => {
    kiosk = await startTestDisplay({ token: "s3cret" });
  });

  afterEach(async () => {
    await kiosk.display.close();
  });

  it.each([
    ["no token", {}, 401],
    ["a wrong token", { authorization: "Bearer wrong" }, 401],
    ["the token by another scheme", { authorization: "Basic s3cret" }, 401],
    ["a wrong cookie", { cookie: "kioskd=s3cret" }, 401],
    ["the token", { authorization: "Bearer s3cret" }, 200],
  ])("given %s", async (_name, headers, status) => {
    for (const path of ["/api/state", "/api/settings", "/%61pi/state", "/metrics"]) {
      expect((await send(kiosk.port, "GET", path, headers)).status, path).toBe(status);
    }
    expect((await send(kiosk.port, "POST", "/api/positions/1/stop", headers)).status).toBe(status === 200 ? 202 : 401);
    expect((await send(kiosk.port, "GET", "/health", headers)).status).toBe(200);
  });

  it("lets a browser in that opened the page with the token, and takes it out of the address", async () => {
    expect((await send(kiosk.port, "GET", "/?token=wrong")).status).toBe(401);
    const opened = await send(kiosk.port, "GET", "/?token=s3cret");
    expect([opened.status, opened.headers["location"]]).toEqual([303, "/"]);
    const cookie = String(opened.headers["set-cookie"]);
    expect(cookie).toMatch(/^kioskd=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
    const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
    expect((await send(kiosk.port, "GET", "/api/state", headers)).status).toBe(200);
  });

  it("takes a token of any characters", async () => {
    const other = await startTestDisplay({ token });
    const opened = await send(other.port, "GET", `/?token=${encodeURIComponent(token)}`);
    expect(opened.status).toBe(303);
    await other.display.close();
  });
});

describe("the web display's address", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1"])("may not be %s without a token", async (host) => {
    await expect(startTestDisplay({ host })).rejects.toThrow(/without a token/);
  });

  it("may be any with a token, but not with an empty one", async () => {
    await expect(startTestDisplay({ host: "0.0.0.0", token: "" })).rejects.toThrow(/token is empty/);
    const kiosk = await startTestDisplay({ host: "0.0.0.0", token: "s3cret" });
    expect((await send(kiosk.port, "GET", "/health", { host: "kiosk.example" })).status).toBe(200);
    await kiosk.display.close();
  });

  it("is refused when it is taken", async () => {
    const kiosk = await startTestDisplay();
    await expect(startTestDisplay({ port: kiosk.port })).rejects.toThrow(/EADDRINUSE/);
    await kiosk.display.close();
  });
});
