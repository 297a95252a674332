import { statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { atEnd, sharedByFile } from "../support/at-end.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess, eventually } from "../support/daemon.ts";
import { kioskdOn, type Result } from "../support/kioskd.ts";
import { tempFolder } from "../support/temp.ts";
import { Person, type Reply, type Sent, send } from "./client.ts";

const PASSWORD = "correct horse battery";
const CHARGED = "39.78";

const shared = sharedByFile();

let seqr: SeqrSimulator;
let daemon: DaemonProcess;
let kioskd: (...args: string[]) => Promise<Result>;
let folder: string;
let url: string;
let owner: Person;
let operator: Person;
let viewer: Person;
let saleId: string;

beforeAll(async () => {
  seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs: 100 });
  atEnd(() => seqr.close());
  folder = tempFolder();
  const pace = { endpoint: seqr.endpoint, quantity: "2.000", rate: "3000", positions: ["1", "2"] };
  // Beyond this machine, so with a certificate of its own.
  const config = writeConfig(folder, { ...pace, operator: { listen: "0.0.0.0", port: 0 } });
  kioskd = kioskdOn(config);
  daemon = new DaemonProcess(config);
  await daemon.serving();
  const line = daemon.log.find((each) => each.includes("operator's page listens")) ?? "{}";
  url = `https://127.0.0.1:${new URL(JSON.parse(line).url).port}`;
  owner = await personOf("owner", "owner");
  operator = await personOf("otto", "operator");
  viewer = await personOf("vera", "viewer");
  saleId = await sell();
  shared.begun();
});

async function codeFor(user: string, role: string): Promise<string> {
  const { out } = await kioskd("operator", "code", "--user", user, "--role", role, "--json");
  return JSON.parse(out).code;
}

async function personOf(user: string, role: string): Promise<Person> {
  const reply = await send(url, "/api/password", { body: { code: await codeFor(user, role), password: PASSWORD } });
  expect(reply).toMatchObject({ status: 200, body: { user, role } });
  return new Person(url, reply);
}

/** One sale of 2 litres at position 1. */
async function sell(): Promise<string> {
  await daemon.until("the kiosk is ready", ({ available }) => available);
  await daemon.post("select", { reserve: "100.00" });
  await daemon.until("a code is shown", ({ qr }) => qr !== null);
  const open = seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
  seqr.book.confirm(Date.now(), open?.reference ?? "");
  const closed = await daemon.until("it is closed", ({ state }) => state === "closed");
  return closed.saleId ?? "";
}

/** What the payment service has given back of all payments, in its own words. */
function refund(amount: string, key: string, by = operator): Promise<Reply> {
  return by.send(`/api/sales/${saleId}/refund`, { body: { amount, key, reason: "spilled" } });
}

async function refunded(): Promise<string> {
  const { body } = await viewer.send(`/api/sales/${saleId}`);
  return (body as { sale: { refunded: string } }).sale.refunded;
}

const ACTS: readonly (readonly [path: string, body: object])[] = [
  ["/api/orders/stop", { position: "1" }],
  ["/api/orders/block", { reason: "x" }],
  ["/api/orders/unblock", {}],
  ["/api/orders/reconcile", {}],
  ["/api/orders/acknowledge", { code: "overrun", note: "x" }],
  ["/api/orders/set-price", { position: "1", unitPrice: "18.00" }],
  ["/api/sales/any/refund", { amount: "1.00", reason: "x", key: "0123456789abcdef" }],
  ["/api/sales/any/settle-refund", { made: true }],
  ["/api/sign-out", {}],
];
const LOOKS = ["/api/account", "/api/now", "/api/attention", "/api/sales", "/api/sales/any", "/api/totals?by=day"];

describe("a stranger on the network", () => {
  it.each([...ACTS.map(([path, body]) => [path, { body }] as const), ...LOOKS.map((path) => [path, {}] as const)])(
    "without a session gets nothing at %s",
    async (path, sent: Sent) => {
      expect(await send(url, path, sent)).toMatchObject({ status: 401 });
      const cookie = `__Host-kioskd-operator=${"A".repeat(43)}`;
      expect(await send(url, path, { ...sent, headers: { cookie, "x-kioskd-csrf": "A" } })).toMatchObject({
        status: 401,
      });
    },
  );

  it.each<[string, Record<string, string | null>, number]>([
    ["another site's name for this machine", { host: "evil.example:443" }, 403],
    ["a name that only begins like ours", { host: "localhost.evil.example" }, 403],
    ["a name with a dot behind it", { host: "localhost." }, 403],
    ["an address", { host: "192.0.2.7" }, 401],
  ])("by %s in Host gets %o", async (_what, headers, status) => {
    expect((await send(url, "/api/now", { headers })).status).toBe(status);
  });

  it("is told what a browser has to forbid", async () => {
    const { headers } = await send(url, "/");
    expect(headers["content-security-policy"]).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  });

  it("cannot post a form, nor what is too large, nor what is no JSON", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await send(url, "/api/sign-in", { body: "user=owner", headers: form })).status).toBe(415);
    expect((await send(url, "/api/sign-in", { body: `"${"x".repeat(5_000)}"` })).status).toBe(413);
    expect((await send(url, "/api/sign-in", { body: "{" })).status).toBe(400);
    const more = { user: "owner", password: PASSWORD, role: "owner" };
    expect((await send(url, "/api/sign-in", { body: more })).status).toBe(400);
  });
});

describe("another site in the browser of somebody who is signed in", () => {
  it.each<[string, Record<string, string | null>]>([
    ["another origin", { origin: "https://evil.example" }],
    ["the same name without encryption", { origin: "http://127.0.0.1" }],
    ["an origin that is hidden", { origin: "null" }],
    ["no origin at all", { origin: null }],
    ["no token of the page", { "x-kioskd-csrf": null }],
    ["a token of another session", { "x-kioskd-csrf": "B".repeat(43) }],
  ])("may order nothing with %s", async (_what, headers) => {
    for (const [path, body] of ACTS) expect(await owner.send(path, { body, headers })).toMatchObject({ status: 403 });
    expect((await owner.send("/api/account")).status).toBe(200);
  });

  it("gets no cookie to send, and no script reads it", async () => {
    const reply = await send(url, "/api/password", {
      body: { code: await codeFor("kim", "viewer"), password: PASSWORD },
    });
    expect(reply.headers["set-cookie"]).toEqual([
      expect.stringMatching(/^__Host-kioskd-operator=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
    ]);
    await kioskd("operator", "remove", "kim");
    expect((await new Person(url, reply).send("/api/now")).status).toBe(401);
  });
});

describe("somebody with too small a role", () => {
  it.each(ACTS.filter(([path]) => path !== "/api/sign-out"))("a viewer may not do %s", async (path, body) => {
    expect(await viewer.send(path, { body })).toMatchObject({ status: 403, body: { error: /^only for/ } });
  });

  it("an operator sets no price, and an owner none beyond its bounds", async () => {
    const priced = (unitPrice: string) => ({ body: { position: "2", unitPrice } });
    expect((await operator.send("/api/orders/set-price", priced("18.00"))).status).toBe(403);
    expect((await owner.send("/api/orders/set-price", priced("99.00"))).status).toBe(409);
    expect((await owner.send("/api/orders/set-price", priced("18.00"))).status).toBe(200);
    const now = async () => (await viewer.send("/api/now")).body;
    const price = { unitPrice: "18.00", configured: "19.89" };
    await expect.poll(now).toMatchObject({ positions: [{}, { price }] });
  });
});

describe("nobody", () => {
  it.each([
    "/api/orders/select",
    "/api/orders/arm",
    "/api/orders/republish",
    "/api/positions/1/select",
    "/api/orders/limit",
  ])("begins a delivery or raises a limit: there is no %s", async (path) => {
    expect((await owner.send(path, { body: { position: "1" } })).status).toBe(404);
  });

  it("sees the customer's code", async () => {
    expect(JSON.stringify((await owner.send("/api/now")).body)).not.toMatch(/seqr\.se|"qr":"/i);
  });
});

describe("a refund", () => {
  it("pressed twice, or eight times at once, is one", async () => {
    const key = "a".repeat(16);
    const all = await Promise.all(Array.from({ length: 8 }, () => refund("10.00", key)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await refund("10.00", key)).toMatchObject({ status: 200, body: { amount: "10.00" } });
    expect(await refunded()).toBe("10.00");
  });

  it("of two people at once is one, or two within what was paid", async () => {
    const both = await Promise.all([refund("20.00", "b".repeat(16)), refund("20.00", "c".repeat(16), owner)]);
    const made = both.filter(({ status }) => status === 200).length;
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409]);
    expect(await refunded()).toBe((10 + 20 * made).toFixed(2));
  });

  it.each([
    ["more than is left", { amount: "9.79", reason: "x", key: "d".repeat(16) }, 409],
    ["nothing", { amount: "0", reason: "x", key: "d".repeat(16) }, 400],
    ["less than nothing", { amount: "-1.00", reason: "x", key: "d".repeat(16) }, 400],
    ["without a reason", { amount: "1.00", reason: "  ", key: "d".repeat(16) }, 400],
    ["without a key", { amount: "1.00", reason: "x" }, 400],
  ])("of %s is refused", async (_what, body, status) => {
    expect((await operator.send(`/api/sales/${saleId}/refund`, { body })).status).toBe(status);
    expect(await refunded()).toBe("30.00");
  });

  it("is on record with who gave it back and why, and never beyond the charge", async () => {
    const { body } = await viewer.send(`/api/sales/${saleId}`);
    expect(body).toMatchObject({ sale: { charged: CHARGED, refundable: "9.78" } });
    const made = (body as { refunds: { state: string; by: string; reason: string }[] }).refunds;
    expect(made.filter(({ state }) => state === "made")).toHaveLength(2);
    expect(made.every(({ by, reason }) => ["otto", "owner"].includes(by) && reason === "spilled")).toBe(true);
  });
});

describe("an order", () => {
  it("is on record with who gave it and when", async () => {
    expect((await operator.send("/api/orders/block", { body: { position: "2", reason: "leaks" } })).status).toBe(200);
    // All who look within a second get the same answer.
    const now = async () => (await viewer.send("/api/now")).body;
    const blocked = { causes: expect.arrayContaining(["operator-block"]), reason: "leaks" };
    const positions = [{ notSelling: null }, { notSelling: blocked, block: { by: "otto" } }];
    await expect.poll(now).toMatchObject({ positions });
    const health = (await (await fetch(`${await daemon.serving()}/health`)).json()) as { positions: object[] };
    expect(health.positions[1]).toEqual({
      id: "2",
      notSelling: expect.stringMatching(/^It does not sell because an operator has taken it out of service \(leaks\)/),
    });
    expect((await operator.send("/api/orders/unblock", { body: { position: "2" } })).status).toBe(200);
  });

  it("never keeps a customer from STOP, whatever else comes", async () => {
    await daemon.until("the kiosk is ready", ({ available }) => available);
    await daemon.post("select", { reserve: "100.00" });
    await daemon.until("a code is shown", ({ qr }) => qr !== null);
    const crowd = Array.from({ length: 60 }, () =>
      send(url, "/api/sign-in", { body: { user: "owner", password: "wrong wrong" }, localAddress: "127.0.0.9" }).catch(
        () => null,
      ),
    );
    expect(await daemon.post("cancel")).toBe(202);
    await Promise.all(crowd);
    await daemon.until("it is over", ({ state }) => state !== "offered");
  });
});

describe("guessing", () => {
  it("a one-time code ends with the fifth wrong one, though the right one follows", async () => {
    const code = await codeFor("mallory", "owner");
    for (let guess = 0; guess < 5; guess++) {
      const wrong = { code: `wrong-wrong-${guess}`, password: PASSWORD };
      // From five addresses, so that only the code's own bound counts.
      expect(
        (await send(url, "/api/password", { body: wrong, localAddress: `127.0.1.${guess + 1}` })).status,
      ).toBeOneOf([401, 429]);
    }
    expect((await kioskd("operator", "users", "--json")).out).not.toContain("mallory");
    const right = await send(url, "/api/password", { body: { code, password: PASSWORD } });
    expect(right.status).toBeOneOf([401, 429]);
  });

  it("passwords is refused after five of one address, right or wrong", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 7; guess++) {
      const reply = await send(url, "/api/sign-in", { body: { user: "owner", password: `wrong wrong ${guess}` } });
      statuses.push(reply.status);
    }
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(statuses.at(-1)).toBe(429);
    const right = await send(url, "/api/sign-in", { body: { user: "owner", password: PASSWORD } });
    expect(right).toMatchObject({ status: 429, headers: { "retry-after": expect.stringMatching(/^\d+$/) } });
    expect((await owner.send("/api/now")).status, "who is signed in stays so").toBe(200);
  });
});

describe("what is kept", () => {
  it("is for the kiosk's user alone, without a password or a code in it", async () => {
    for (const name of ["operator-users.json", "operator-key.pem"]) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(daemon.log.join("\n")).not.toContain(PASSWORD);
  });

  it("a session that was ended is of no more use", async () => {
    expect((await viewer.send("/api/sign-out", { body: {} })).status).toBe(204);
    expect((await viewer.send("/api/now")).status).toBe(401);
    await eventually("the journal is whole", async () => (await kioskd("journal", "verify")).status === 0);
  });
});
