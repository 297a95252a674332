import { beforeEach, describe, expect, test } from "vitest";
import type { PositionView } from "../../../src/core/sale/view.ts";
import { EdgeNode } from "../../../src/telemetry/sparkplug/node.ts";
import type { Metric } from "../../../src/telemetry/sparkplug/payload.ts";
import { VIEWS } from "../../support/views.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { FACTS, HEALTH, snapshot } from "./rig.ts";

interface Sent {
  readonly atMs: number;
  readonly to: string;
  readonly seq: number;
  readonly values: Readonly<Record<string, Metric["value"]>>;
}

const BLOCKING = { code: "journal-unwritable", position: null, sinceMs: 0, detail: "full" } as const;
const WARNING = { code: "unaccounted", position: "1", sinceMs: 0, detail: "0.2 L" } as const;

describe("an edge node", () => {
  let time: VirtualTime;
  let node: EdgeNode;
  let sent: Sent[];

  beforeEach(() => {
    time = new VirtualTime(1_800_000_000_000);
    node = new EdgeNode(FACTS, clockOf(time, { number: 1, alive: true }));
    sent = [];
  });

  function connect(): void {
    node.next();
    node.connected((topic, metrics, seq) => {
      const values = Object.fromEntries(metrics.map((metric) => [metric.name, metric.value]));
      sent.push({ atMs: time.elapsedMs, to: topic.replace("spBv1.0/fuel/", ""), seq, values });
    });
  }

  /** Forgets what was sent so far and tells what is sent by this. */
  function sentBy(act: () => void): readonly Sent[] {
    sent = [];
    act();
    return sent;
  }

  const births = (): number[] => sent.filter(({ to }) => to === "NBIRTH/demo-1").map(({ atMs }) => atMs);

  async function pass(ms: number): Promise<void> {
    const endMs = time.elapsedMs + ms;
    time.after(ms, () => {});
    while (time.elapsedMs < endMs) await time.step();
  }

  test("is born with its devices, whether the engine has shown them or not", () => {
    const [first, ...devices] = sentBy(connect);
    expect(first).toMatchObject({ to: "NBIRTH/demo-1", seq: 0 });
    expect(devices.map(({ to, seq }) => [to, seq])).toEqual([
      ["DBIRTH/demo-1/1", 1],
      ["DBIRTH/demo-1/2", 2],
    ]);
    expect(devices[1]?.values).toEqual({
      State: null,
      Message: null,
      Available: null,
      Product: "Petrol 95",
      Unit: "L",
      Currency: "SEK",
      "Unit Price": null,
      Quantity: null,
      Amount: null,
      Reserved: null,
      Charged: null,
      Faults: null,
    });
  });

  const CHANGES: readonly [string, Partial<PositionView>, Record<string, unknown> | null][] = [
    ["nothing", {}, null],
    ["what is no metric", { expiresAt: "2026-01-01T00:00:00.000Z", qr: "SECRET", timeout: null }, null],
    ["a state", VIEWS.scan(), { State: "offered", Message: "scan", Available: false, Reserved: 300 }],
    ["a price", { unitPrice: "20.09" }, { "Unit Price": 20.09 }],
    ["a product", { product: { name: "HVO", sku: "HVO", unit: "L" } }, { Product: "HVO" }],
    ["a fault", VIEWS["out-of-service"](), { Message: "out-of-service", Available: false, Faults: "dispenser-fault" }],
    [
      "a paid sale",
      VIEWS.thanks(),
      { State: "closed", Message: "paid", Quantity: 12.345, Amount: 245.54, Reserved: 300, Charged: 245.54 },
    ],
  ];

  test.each(CHANGES)("tells by exception: %s", (_, change, news) => {
    node.show(snapshot());
    connect();
    const told = sentBy(() => node.show(snapshot(change))).map(({ to, values }) => [to, values]);
    expect(told).toEqual(news === null ? [] : [["DDATA/demo-1/1", news]]);
    expect(sentBy(() => node.show(snapshot(change)))).toEqual([]);
  });

  test("what was charged last stays when its sale leaves the display", () => {
    connect();
    node.show(snapshot(VIEWS.thanks()));
    const [told] = sentBy(() => node.show(snapshot()));
    expect(told?.values).toMatchObject({ State: "idle", Quantity: 0, Reserved: null });
    expect(told?.values).not.toHaveProperty("Charged");
    expect(sentBy(connect)[1]?.values).toMatchObject({ State: "idle", Charged: 245.54 });
  });

  test("faults and health are the node's data", () => {
    node.show(snapshot());
    connect();
    const [faults] = sentBy(() => node.show(snapshot({}, [BLOCKING, WARNING])));
    expect(faults).toMatchObject({ to: "NDATA/demo-1", values: { "Faults/Raised": 2, "Faults/Blocking": 1 } });
    node.report(HEALTH);
    const [health] = sentBy(() => node.report({ ...HEALTH, uptimeS: 120, temperatureC: 41.5 }));
    expect(health?.values).toEqual({ "Health/Uptime Seconds": 120, "Health/Temperature Celsius": 41.5 });
    expect(sentBy(connect)[0]?.values).toMatchObject({ "Faults/Blocking": 1, "Health/Temperature Celsius": 41.5 });
  });

  test("what flows is told once a second, the last of it too, and the end of it at once", async () => {
    connect();
    node.show(snapshot({ ...VIEWS.begin() }));
    await pass(5000);
    sent = [];
    for (let step = 1; step <= 25; step += 1) {
      node.show(snapshot({ ...VIEWS.live(), quantity: `${step}.000`, amount: `${step}.00` }));
      await pass(100);
    }
    await pass(3000);
    expect(sent.map(({ atMs, values }) => [atMs - 5000, values["Quantity"]])).toEqual([
      [0, 1],
      [1000, 10],
      [2000, 20],
      [3000, 25],
    ]);
    node.show(snapshot({ ...VIEWS.live(), quantity: "26.000" }));
    node.show(snapshot({ ...VIEWS.live(), quantity: "27.000" }));
    const [end] = sentBy(() => node.show(snapshot({ ...VIEWS.settling(), quantity: "27.500" })));
    expect(end?.values).toMatchObject({ State: "settling", Quantity: 27.5 });
    sent = [];
    await pass(3000);
    expect(sent).toEqual([]);
  });

  test("600 messages are numbered without a gap, from 255 to 0", () => {
    connect();
    for (let step = 0; sent.length < 600; step += 1) {
      node.show(snapshot({ available: step % 2 === 0 }, step % 3 === 0 ? [BLOCKING] : []));
    }
    expect(new Set(sent.map(({ to }) => to.split("/")[0]))).toEqual(new Set(["NBIRTH", "DBIRTH", "NDATA", "DDATA"]));
    expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, at) => at % 256));
  });

  test("connections are numbered from 0 to 255 and round again, the same in birth and death", () => {
    const numbers = Array.from({ length: 258 }, () => {
      const [birth] = sentBy(connect);
      const [death] = node.death();
      expect(birth?.values["bdSeq"]).toBe(death?.value);
      return death?.value;
    });
    expect(numbers).toEqual(numbers.map((_, at) => at % 256));
  });

  test("a rebirth has the number of its connection, and what was held back for it", async () => {
    connect();
    await pass(2000);
    sent = [];
    node.rebirth();
    node.show(snapshot({ unitPrice: "20.09" }, [BLOCKING]));
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent.map(({ to, seq }) => [to, seq])).toEqual([
      ["NBIRTH/demo-1", 0],
      ["DBIRTH/demo-1/1", 1],
      ["DBIRTH/demo-1/2", 2],
    ]);
    expect(sent[0]?.values).toMatchObject({ bdSeq: 0, "Node Control/Rebirth": false, "Faults/Blocking": 1 });
    expect(sent[1]?.values).toMatchObject({ "Unit Price": 20.09 });
    expect(sentBy(() => node.show(snapshot({ unitPrice: "20.19" })))).toMatchObject([{ seq: 3 }, { seq: 4 }]);
  });

  test("however many rebirths are asked for, there is one a second", async () => {
    connect();
    for (let step = 0; step < 100; step += 1) {
      node.rebirth();
      await pass(25);
    }
    await pass(5000);
    expect(births()).toEqual([0, 1000, 2000, 3000]);
  });

  test("without a connection nothing is sent, and a rebirth asked for before is forgotten", async () => {
    connect();
    node.show(snapshot(VIEWS.live()));
    node.show(snapshot({ ...VIEWS.live(), quantity: "13.000" }));
    node.rebirth();
    node.disconnected();
    sent = [];
    node.show(snapshot({}, [BLOCKING]));
    node.report(HEALTH);
    node.rebirth();
    await pass(5000);
    expect(sent).toEqual([]);
  });
});
