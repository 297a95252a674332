import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startTestDisplay, type TestDisplay } from "../displays/web/support.ts";
import { PURCHASE, SECRET, startBench } from "../payments/seqr/remote-offers/support.ts";
import { positionView } from "../support/views.ts";
import { mutated, runs } from "./arbitraries.ts";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const METHODS = ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY", "get", ""];
const PATHS = [
  ...[
    "/",
    "/api/state",
    "/api/events",
    "/api/settings",
    "/api/display/heartbeat",
    "/metrics",
    "/health",
    "/slides/0.png",
  ],
  ...["/api/positions/1/select", "/api/positions/1/stop", "/api/positions/1/cancel", "/api/positions/1/extend"],
  ...["/api/positions/2/stop", "/api/positions/__proto__/stop", "/api/positions/%31/select", "/api/positions//select"],
  ...[
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc/passwd",
    "/slides/../server.ts",
    "/%00",
    "/%",
    "//",
  ],
  ...[
    "/api/positions/1/select?reserve=300.00",
    "/api//positions/1/select",
    "/API/positions/1/select",
    "/api/positions/1/select/",
  ],
  ...["/?token=a&token=b", "http://evil.example/api/state", "*", `/${"a/".repeat(300)}`, "/api/positions/1/select;x"],
];
const HEADERS = [
  ...[
    "Host: 127.0.0.1",
    "Host: localhost:1",
    "Host: evil.example",
    "Host: [::1]",
    "Host:",
    "Host: 127.0.0.1, evil.example",
  ],
  ...["Content-Type: application/json", "Content-Type: application/json; charset=utf-16", "Content-Type: text/plain"],
  ...["Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip", "Transfer-Encoding: chunked"],
  ...[
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999",
    "Expect: 100-continue",
    "Connection: Upgrade",
  ],
  ...[
    "Upgrade: websocket",
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: http://127.0.0.1",
    "Range: bytes=0-",
  ],
  ...[
    "Authorization: Bearer x",
    "Cookie: kioskd=",
    "Cookie: __proto__=1",
    `X: ${"y".repeat(9_000)}`,
    "X-HTTP-Method-Override: POST",
  ],
];
const BODIES = [
  ...[
    '{"reserve":"300.00"}',
    '{"reserve":300}',
    '{"reserve":"300.00","limit":"999"}',
    '{"__proto__":{"reserve":"300.00"}}',
  ],
  ...[
    "{}",
    "",
    "[]",
    "null",
    '"300.00"',
    '{"reserve":"１００"}',
    `${"[".repeat(2_000)}`,
    `{"reserve":"${"9".repeat(5_000)}"}`,
  ],
];
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.oneof({ weight: 3, arbitrary: fc.constant("POST") }, fc.constantFrom(...METHODS)),
  path: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
    fc.webUrl().map((url) => url.slice(8)),
    fc.string(),
  ),
  headers: fc
    .tuple(
      fc.constantFrom(...HEADERS.slice(0, 3), ...HEADERS.slice(0, 1)),
      fc.subarray(HEADERS.slice(3), { maxLength: 3 }),
    )
    .map(([host, others]) => [host, ...others]),
  body: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...BODIES) },
    fc.jsonValue().map((value) => JSON.stringify(value)),
  ),
});
const wellMeant: fc.Arbitrary<Request> = fc.record({
  method: fc.constant("POST"),
  path: fc.constantFrom(...PATHS.filter((path) => path.includes("positions"))),
  headers: fc.constantFrom(...HEADERS.slice(0, 4)).map((host) => [host, "Content-Type: application/json"]),
  body: fc.constantFrom(...BODIES),
});

function wire({ method, path, headers, body }: Request): string {
  const isSized = headers.some((header) => /^(content-length|transfer-encoding)/i.test(header));
  const length = isSized ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return `${[`${method} ${path} HTTP/1.1`, ...headers, ...length, "Connection: close"].join("\r\n")}\r\n\r\n${body}`;
}

/** All that is answered to these bytes, after which nothing more is said; of a stream without end, its beginning. */
function said(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => {
      socket.end(Buffer.from(text));
    });
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (answer.includes("text/event-stream")) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(answer));
  });
}

/** Refused, or a page: no fault of the server's, and nothing of its insides or of the disk. */
function expectHarmless(answer: string): void {
  expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  expect(answer).not.toMatch(/root:\w*:0:0|\.ts:\d/);
}

/** What was pressed is what one of the requests asks for, in so many words. */
function expectAsked({ pressed }: TestDisplay, sent: string): void {
  for (const { action, position, maximum } of pressed) {
    const asked = [...sent.matchAll(/POST (\S+) HTTP\/1\.[01]/g)].map(([, path = ""]) => decodeURIComponent(path));
    const paths = asked.map((path) => path.replace(/[?;#].*$/, "").replace(/^https?:\/\/[^/]*/, ""));
    expect(paths).toContain(`/api/positions/${position}/${action}`);
    expect(sent).toMatch(/^Host: *(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\r?$/im);
    if (maximum === undefined) continue;
    expect(maximum).toMatch(/^\d{1,9}(\.\d{1,6})?$/);
    expect(sent).toContain(`"${maximum}"`);
  }
}

describe("a request to the display, whatever it is", () => {
  it("presses no button but the one that it names, from this machine, with an amount", async () => {
    const kiosk = await startTestDisplay();
    kiosk.display.show({ positions: [positionView({})] });
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, wellMeant), async (one) => {
        kiosk.pressed.length = 0;
        const sent = wire(one);
        expectHarmless(await said(kiosk.port, sent));
        expectAsked(kiosk, sent);
      }),
      runs(500),
    );
    expect(
      await said(kiosk.port, wire({ method: "GET", path: "/health", headers: ["Host: localhost"], body: "" })),
    ).toMatch(/^HTTP\/1\.1 200/);
    await kiosk.display.close();
  });

  it("presses none either when its bytes are damaged, or come in one stream with others", async () => {
    const kiosk = await startTestDisplay();
    const part = fc.oneof(
      fc.constantFrom("\r\n", "\n", "\r\n\r\n", "\u0000", " ", "0\r\n\r\n", "5\r\n{}{}{\r\n", ":"),
      fc.string(),
    );
    const stream = fc
      .array(wellMeant, { minLength: 1, maxLength: 3 })
      .chain((all) => mutated(all.map(wire).join(""), part));
    await fc.assert(
      fc.asyncProperty(stream, async (sent) => {
        kiosk.pressed.length = 0;
        expectHarmless(await said(kiosk.port, sent));
        expectAsked(kiosk, sent);
      }),
      runs(300),
    );
    await kiosk.display.close();
  });

  it("learns nothing and presses nothing without the token, where there is one", async () => {
    const kiosk = await startTestDisplay({ token: "s3cret" });
    kiosk.display.show({ positions: [positionView({ qr: "HTTP://SEQR.SE/R4711SECRET" })] });
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, wellMeant), async (one) => {
        const answer = await said(kiosk.port, wire(one));
        expectHarmless(answer);
        expect(answer).not.toMatch(/R4711SECRET|kioskd_sales_total|s3cret/);
        expect(kiosk.pressed).toEqual([]);
      }),
      runs(200),
    );
    await kiosk.display.close();
  });
});

describe("a call of the payment service, whatever it is", () => {
  const body = fc.oneof(
    fc.constantFrom(JSON.stringify(PURCHASE), ...BODIES),
    fc
      .constant(JSON.stringify(PURCHASE))
      .chain((text) =>
        mutated(
          text,
          fc.oneof(fc.constantFrom("0", "-", "9".repeat(20), '"purchaseToken":"pump-2",', "null", "{"), fc.string()),
        ),
      ),
  );
  const root = fc.constantFrom(
    "",
    SECRET,
    SECRET.slice(1),
    `${SECRET}%00`,
    `${SECRET}/..`,
    "__proto__",
    `%73${SECRET.slice(1)}`,
  );
  const rest = fc.constantFrom(
    "createPurchase",
    "createPurchase/",
    "notify/1",
    "notify/9",
    "notify/__proto__",
    "../createPurchase",
    "",
  );
  const call = fc.record({
    method: fc.constantFrom("POST", "POST", "GET", "PUT"),
    path: fc.tuple(root, rest).map((parts) => `/${parts.join("/")}`),
    headers: fc.subarray(HEADERS, { maxLength: 3 }).map((others) => ["Host: kiosk.example", ...others]),
    body,
  });

  it("asks for an offer only with the secret, for a position there is, of the amount it says", async () => {
    const { listener, offers } = await startBench({ requestsPerMinute: 600 * 1_000_000 });
    const port = Number(new URL(listener.url).port);
    await fc.assert(
      fc.asyncProperty(call, async (one) => {
        offers.asked.length = 0;
        offers.woken.length = 0;
        expectHarmless(await said(port, wire(one)));
        for (const { position, reservationMinor } of offers.asked) {
          expect(one.path).toBe(`/${SECRET}/createPurchase`);
          expect(one.method).toBe("POST");
          const { reservationToken, purchaseToken, reservationAmount, currency } = JSON.parse(one.body);
          expect([position, "SEK"]).toEqual([reservationToken ?? purchaseToken, currency]);
          expect(["1", "pump-2"]).toContain(position);
          expect(reservationMinor).toBe(Math.round(Number(reservationAmount) * 100));
          expect(reservationMinor).toBeGreaterThan(0);
        }
        if (offers.woken.length > 0) expect([one.path, offers.woken]).toEqual([`/${SECRET}/notify/1`, ["1"]]);
      }),
      runs(400),
    );
  });
});
