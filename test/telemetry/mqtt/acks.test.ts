import { describe, expect, test } from "vitest";
import type { LogFields } from "../../../src/ports/log.ts";
import type { Message } from "../../../src/telemetry/broker-session.ts";
import { ReceiverAcks } from "../../../src/telemetry/mqtt/acks.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { SILENT } from "../../support/silent-log.ts";

const TOPIC = "kioskd/demo-1/sales/ack";
const PAUSE_MS = 5_000;

function word(seq: number, saleId?: string, retain = false): Message {
  const none = { retain, duplicate: false, expiryS: null, responseTopic: null, correlation: null };
  return { topic: TOPIC, payload: Buffer.from(JSON.stringify({ seq, saleId })), tooLarge: false, ...none };
}

/** A record that is sent until its receiver has it, with a pause after each attempt in vain. */
function scene() {
  const driven = new DrivenTime();
  const told: (string | null)[] = [];
  const sentAtS: number[] = [];
  const ignored: unknown[] = [];
  const log = { ...SILENT, warn: ({ detail }: LogFields) => void ignored.push(detail) };
  const acks = new ReceiverAcks({ firstWaitMs: 10_000, topic: TOPIC }, driven.clock, log, (detail) =>
    told.push(detail),
  );
  acks.listening();
  const send = async (onSent: () => void): Promise<boolean> => {
    onSent();
    sentAtS.push(Math.round(driven.time.elapsedMs / 1000));
    return true;
  };
  const attempt = (seq = 7): Promise<boolean> => acks.kept({ seq, saleId: `sale-${seq}` }, send);
  const repeat = async (until: () => boolean): Promise<void> => {
    while (!until()) if (!(await attempt())) await new Promise<void>((resume) => driven.clock.after(PAUSE_MS, resume));
  };
  return { driven, acks, told, ignored, sentAtS, attempt, repeat };
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, at) => time - (times[at] ?? 0));

test("a record that nobody acknowledges is sent more and more seldom, and told after the third time", async () => {
  const { driven, told, sentAtS, repeat } = scene();
  let over = false;
  void repeat(() => over);
  await driven.pass(3_600_000);
  over = true;
  expect(gaps(sentAtS)).toEqual([15, 35, 65, 125, 305, 605, 605, 605, 605, 605]);
  expect(told[0]).toMatch(
    /^nobody has acknowledged sale record 7 on kioskd\/demo-1\/sales\/ack: check that its receiver/,
  );
  expect(new Set(told).size).toBe(1);
});

test("the receiver's word ends it, and what was told, also when it comes between two attempts", async () => {
  const { driven, acks, told, sentAtS, attempt } = scene();
  for (let time = 0; time < 3; time += 1) {
    const kept = attempt();
    await driven.pass(120_000);
    expect(await kept).toBe(false);
  }
  expect(told.at(-1)).toContain("record 7");
  acks.arrived(word(6));
  acks.arrived(word(8));
  acks.arrived(word(7));
  expect(await attempt()).toBe(true);
  expect(sentAtS).toHaveLength(3);
  expect(told.at(-1)).toBeNull();
});

test("a new connection, or somebody who asks for records, begins anew with the short wait", async () => {
  const { driven, acks, sentAtS, repeat } = scene();
  let over = false;
  void repeat(() => over);
  await driven.pass(300_000);
  const before = sentAtS.length;
  acks.startOver();
  await driven.pass(60_000);
  over = true;
  expect(gaps(sentAtS.slice(before))).toEqual([15, 35]);
});

test("a word that came before the record was sent stands for nothing", async () => {
  const { driven, acks, attempt } = scene();
  acks.arrived(word(9));
  const kept = attempt();
  await driven.pass(11_000);
  expect(await kept).toBe(false);
});

describe("a word counts for what was sent before it, on this connection", () => {
  const UNSENT = /higher than any that was sent: answer with the seq of the record that came/;
  const OTHER = /not those of the record that waits: answer with both as they came/;
  test.each<readonly [string, Message, boolean, RegExp | null]>([
    ["of the record", word(7), true, null],
    ["of the record and its sale", word(7, "sale-7"), true, null],
    ["of an earlier record sent anew, by the highest that was sent", word(9), true, null],
    ["of a record that was never sent", word(10), false, UNSENT],
    ["far beyond", word(999_999), false, UNSENT],
    ["beyond, with the right sale", word(10, "sale-7"), false, UNSENT],
    ["of another journal's sale with the same number", word(7, "sale-7-of-another"), false, OTHER],
    ["of a later sale alone", word(9, "sale-9"), false, null],
    ["that is retained", word(7, undefined, true), false, /it came with the retain flag: publish it without/],
    ["that cannot be read", { ...word(7), payload: Buffer.from("7") }, false, /it cannot be read: send /],
  ])("one %s", async (_what, message, counts, reason) => {
    const { driven, acks, told, ignored, attempt } = scene();
    const earlier = attempt(9);
    acks.arrived(word(9));
    expect(await earlier).toBe(true);
    for (let time = 0; time < 3; time += 1) {
      const kept = attempt();
      acks.arrived(message);
      await driven.pass(120_000);
      expect(await kept).toBe(counts);
    }
    const expected = reason === null ? [] : [expect.stringMatching(reason)];
    expect(ignored).toEqual(expected);
    if (reason !== null) expect(told.at(-1)).toMatch(reason);
    else if (!counts) expect(told.at(-1)).toMatch(/^nobody has acknowledged/);
  });

  test("one that comes before the subscription is taken waited at the broker", async () => {
    const { driven, acks, ignored, attempt } = scene();
    const before = attempt();
    acks.disconnected();
    expect(await before).toBe(false);
    const kept = attempt();
    acks.arrived(word(7));
    await driven.pass(11_000);
    expect(await kept).toBe(false);
    expect(ignored).toEqual([expect.stringMatching(/^it waited at the broker/)]);
    acks.listening();
    const again = attempt();
    acks.arrived(word(7));
    expect(await again).toBe(true);
  });

  test("one that comes while the record waits for its turn", async () => {
    const { driven, acks } = scene();
    const kept = acks.kept({ seq: 7, saleId: "sale-7" }, async (onSent) => {
      acks.arrived(word(7));
      onSent();
      return true;
    });
    await driven.pass(11_000);
    expect(await kept).toBe(false);
  });
});
