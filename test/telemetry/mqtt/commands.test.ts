import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Command } from "../../../src/core/operator/messages.ts";
import type { OrderAnswer } from "../../../src/ports/operator.ts";
import { hasMosquitto, type Mosquitto, mosquitto } from "../../support/mosquitto.ts";
import { type Kiosk, SOON, startKiosk, Watcher } from "./rig.ts";
import { settingsFor } from "./samples.ts";

const DONE: OrderAnswer = { kind: "done" };

describe.skipIf(!hasMosquitto())("commands", () => {
  let broker: Mosquitto;
  let watcher: Watcher;
  let kiosk: Kiosk;
  let taken: Command[];
  let answer: () => Promise<OrderAnswer>;

  beforeEach(async () => {
    broker = await mosquitto();
    await broker.start();
    watcher = new Watcher(broker.url, { protocolVersion: 5 });
    await watcher.ready();
    taken = [];
    answer = async () => DONE;
  });

  afterEach(async () => {
    await kiosk.telemetry.close();
    await watcher.close();
    await broker.close();
  });

  async function start(sessionExpiryS = 0): Promise<void> {
    kiosk = startKiosk({ ...settingsFor(broker.url), sessionExpiryS });
    kiosk.telemetry.onOrder((command) => {
      taken.push(command);
      return answer();
    });
    await kiosk.connected();
  }

  async function replies(topic: string, count: number): Promise<readonly Record<string, unknown>[]> {
    await vi.waitFor(() => expect(watcher.on(topic)).toHaveLength(count), SOON);
    return watcher.json(topic);
  }

  test.each<readonly [name: string, body: object, command: Command]>([
    ["stop", { position: "1" }, { name: "stop", body: { position: "1" } }],
    ["block", {}, { name: "block", body: {} }],
    ["block", { position: "1", reason: "leak" }, { name: "block", body: { position: "1", reason: "leak" } }],
    ["unblock", { position: "1" }, { name: "unblock", body: { position: "1" } }],
    ["set-block", { position: "1", blocked: true }, { name: "block", body: { position: "1" } }],
    ["set-block", { blocked: false }, { name: "unblock", body: {} }],
    [
      "set-price",
      { position: "1", unitPrice: "20.49" },
      { name: "set-price", body: { position: "1", unitPrice: "20.49" } },
    ],
    ["reconcile", {}, { name: "reconcile", body: {} }],
    ["republish", { from: 7, stream: "refunds" }, { name: "republish", body: { from: 7, stream: "refunds" } }],
    [
      "acknowledge",
      { code: "overrun", sale: "s1", note: "seen", by: "Ann" },
      { name: "acknowledge", body: { code: "overrun", sale: "s1", note: "seen", by: "Ann" } },
    ],
  ])("%s %j is handed on and answered", async (name, body, command) => {
    await start();
    await watcher.send(`cmd/${name}`, JSON.stringify(body));
    expect(await replies(`cmd/${name}/reply`, 1)).toEqual([{ command: name, id: null, ok: true }]);
    expect(taken).toEqual([command]);
    expect(kiosk.commands).toEqual([[command.name, "ok"]]);
  });

  test.each<readonly [name: string, refusal: string, detail: RegExp, payload: string, id: string | null]>([
    ["stop", "malformed", /no JSON/, "", null],
    ["stop", "malformed", /no JSON/, "{", null],
    ["stop", "malformed", /expected object/, "[]", null],
    ["stop", "malformed", /^position: /, '{"id":"a"}', "a"],
    ["stop", "malformed", /^position: /, '{"position":1}', null],
    ["stop", "malformed", /"limit"/, '{"position":"1","limit":"9999"}', null],
    ["stop", "malformed", /__proto__/, '{"position":"1","__proto__":{}}', null],
    ["set-price", "malformed", /^unitPrice: is no price$/, '{"position":"1","unitPrice":"-1"}', null],
    ["republish", "malformed", /^from: /, '{"from":0}', null],
    ["republish", "malformed", /^stream: /, '{"from":1,"stream":"receipts"}', null],
    ["acknowledge", "malformed", /^note: /, '{"code":"overrun"}', null],
    ["acknowledge", "malformed", /^code: /, '{"code":"dispenser-fault","note":"seen"}', null],
    ["set-block", "malformed", /^blocked: /, '{"blocked":"yes"}', null],
    ["start", "unknown-command", /no such command/, "{}", null],
    ["constructor", "unknown-command", /no such command/, "{}", null],
    ["block", "too-large", /too large/, JSON.stringify({ reason: "x".repeat(20_000) }), null],
  ])("%s is refused: %s, %s", async (name, refusal, detail, payload, id) => {
    await start();
    await watcher.send(`cmd/${name}`, payload);
    const [reply] = await replies(`cmd/${name}/reply`, 1);
    expect(reply).toEqual({ command: name, id, ok: false, refusal, detail: expect.stringMatching(detail) });
    expect(taken).toEqual([]);
    const counted = name === "set-block" ? "block" : refusal === "unknown-command" ? "unknown" : name;
    expect(kiosk.commands).toEqual([[counted, refusal]]);
  });

  test("what the order answers is told", async () => {
    answer = async () => ({ kind: "refused", refusal: "not-allowed", detail: "no" });
    await start();
    await watcher.send("cmd/stop", '{"id":"a","position":"1"}');
    const refused = { command: "stop", id: "a", ok: false, refusal: "not-allowed", detail: "no" };
    expect(await replies("cmd/stop/reply", 1)).toEqual([refused]);
    expect(kiosk.commands).toEqual([["stop", "not-allowed"]]);
  });

  test("the answer goes to the response topic, with its correlation data", async () => {
    await start();
    const correlationData = Buffer.from([0, 1, 255]);
    const properties = { responseTopic: "kioskd-answers/demo-1/backend", correlationData };
    await watcher.send("cmd/unblock", "{}", { properties });
    const find = () => watcher.messages.find(({ topic }) => topic === "kioskd-answers/demo-1/backend");
    await vi.waitFor(() => expect(find()).toBeDefined(), SOON);
    expect(find()?.correlation).toEqual(correlationData);
    expect(JSON.parse(find()?.text ?? "")).toEqual({ command: "unblock", id: null, ok: true });
    expect(watcher.on("cmd/unblock/reply")).toEqual([]);
  });

  test.each([
    "kioskd/demo-1/status",
    "kioskd/demo-1/sales",
    "kioskd/demo-1/positions/1/state",
    "kioskd/other/cmd/stop",
    "kioskd/other/cmd/anything",
    "kioskd/other/cmd/stop/reply",
    "kioskd/demo-1/sales/ack",
    "kioskd/other/answers",
    "kioskd-answers/",
    "backend/answers",
    "homeassistant/device/demo-1/config",
    "$SYS/broker/x",
    `kioskd-answers/${"x".repeat(257)}`,
  ])("nobody gets the kiosk to write to %s", async (responseTopic) => {
    await start();
    await watcher.send("cmd/unblock", "{}", { properties: { responseTopic } });
    const [reply] = await replies("cmd/unblock/reply", 1);
    expect(reply).toMatchObject({
      ok: false,
      refusal: "malformed",
      detail: expect.stringMatching(/^response topic: /),
    });
    expect(taken).toEqual([]);
    expect(watcher.messages.filter(({ topic, text }) => topic === responseTopic && text.includes('"ok"'))).toEqual([]);
  });

  test("an answer goes below the kiosk's own topic too", async () => {
    await start();
    await watcher.send("cmd/unblock", "{}", { properties: { responseTopic: "kioskd/demo-1/answers/7" } });
    expect(await replies("answers/7", 1)).toEqual([{ command: "unblock", id: null, ok: true }]);
  });

  test("correlation data has a bound", async () => {
    await start();
    await watcher.send("cmd/unblock", "{}", { properties: { correlationData: Buffer.alloc(257) } });
    expect(await replies("cmd/unblock/reply", 1)).toMatchObject([{ ok: false, refusal: "malformed" }]);
  });

  test.each<readonly [what: string, same: boolean, one: object, other: object]>([
    ["the same id", true, { id: "a" }, { id: "a" }],
    ["another id", false, { id: "a" }, { id: "b" }],
    ["no id", false, {}, {}],
  ])("%s comes twice: repeated is %s", async (_what, same, one, other) => {
    await start();
    await watcher.send("cmd/unblock", JSON.stringify(one));
    // A refusal is quicker than what is carried out: two that come together may be answered the other way round.
    await replies("cmd/unblock/reply", 1);
    await watcher.send("cmd/unblock", JSON.stringify(other));
    const [first, second] = await replies("cmd/unblock/reply", 2);
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject(same ? { ok: false, refusal: "repeated" } : { ok: true });
    expect(taken).toHaveLength(same ? 1 : 2);
  });

  test("without id the correlation data of a sender tells a repetition", async () => {
    await start();
    const send = (responseTopic: string, correlation: string): Promise<void> =>
      watcher.send("cmd/unblock", "{}", { properties: { responseTopic, correlationData: Buffer.from(correlation) } });
    await send("kioskd-answers/backend/a", "1");
    await send("kioskd-answers/backend/b", "1");
    await send("kioskd-answers/backend/a", "1");
    await send("kioskd-answers/backend/a", "2");
    await vi.waitFor(() => expect(kiosk.commands).toHaveLength(4), SOON);
    expect(kiosk.commands.map(([, result]) => result).toSorted()).toEqual(["ok", "ok", "ok", "repeated"]);
  });

  test("only the last 256 are remembered", async () => {
    await start();
    // Fewer at a time than may be in work.
    for (let at = 0; at <= 256; at += 1) {
      const sent = watcher.send("cmd/unblock", `{"id":"${at}"}`);
      if (at % 4 === 0) await sent;
    }
    await vi.waitFor(() => expect(kiosk.commands).toHaveLength(257), SOON);
    await watcher.send("cmd/unblock", '{"id":"1"}');
    await watcher.send("cmd/unblock", '{"id":"0"}');
    await vi.waitFor(() => expect(kiosk.commands).toHaveLength(259), SOON);
    expect(kiosk.commands.slice(-2).map(([, result]) => result)).toEqual(["repeated", "ok"]);
  });

  test("eight are in work at most, and who was turned away may come again", async () => {
    const waiting: ((answer: OrderAnswer) => void)[] = [];
    answer = () => new Promise((resolve) => waiting.push(resolve));
    await start();
    for (let at = 0; at < 9; at += 1) await watcher.send("cmd/unblock", `{"id":"${at}"}`);
    expect(await replies("cmd/unblock/reply", 1)).toMatchObject([{ id: "8", ok: false, refusal: "conflict" }]);
    waiting[0]?.(DONE);
    await replies("cmd/unblock/reply", 2);
    await watcher.send("cmd/unblock", '{"id":"8"}');
    await vi.waitFor(() => expect(taken).toHaveLength(9), SOON);
  });

  test("a retained command is never carried out, not even when it comes at once, and is told to who asks", async () => {
    await watcher.send("cmd/stop", '{"position":"1"}', { retain: true });
    await start();
    await vi.waitFor(() => expect(kiosk.commands).toHaveLength(1), SOON);
    await watcher.send("cmd/unblock", "{}", {
      retain: true,
      properties: { responseTopic: "kioskd-answers/backend/a" },
    });
    await vi.waitFor(
      () => expect(watcher.messages.some(({ topic }) => topic === "kioskd-answers/backend/a")).toBe(true),
      SOON,
    );
    expect(kiosk.commands).toEqual([
      ["stop", "retained"],
      ["unblock", "retained"],
    ]);
    expect(watcher.on("cmd/stop/reply")).toEqual([]);
    expect(taken).toEqual([]);
  });

  test.each([
    [0, []],
    [60, [{ name: "unblock", body: { id: "late" } }]],
  ])("a session that is kept for %i s brings what was ordered meanwhile", async (sessionExpiryS, expected) => {
    await start(sessionExpiryS);
    await kiosk.telemetry.close();
    await watcher.send("cmd/unblock", '{"id":"late"}');
    await start(sessionExpiryS);
    await watcher.send("cmd/stop", '{"position":"1"}');
    await replies("cmd/stop/reply", 1);
    expect(taken.slice(0, -1)).toEqual(expected);
  });

  test("on every connection commands are heard again", async () => {
    await start();
    await broker.stop();
    await broker.start();
    await watcher.ready();
    await kiosk.connected(2);
    await watcher.send("cmd/unblock", "{}");
    expect(await replies("cmd/unblock/reply", 1)).toMatchObject([{ ok: true }]);
  });
});
