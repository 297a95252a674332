import { expect, test } from "vitest";
import { ReceiverAcks } from "../../../src/adapters/telemetry/mqtt/acks.ts";
import type { Message } from "../../../src/adapters/telemetry/session.ts";
import { DrivenTime } from "../../support/driven-time.ts";

const TOPIC = "kioskd/demo-1/sales/ack";
const PAUSE_MS = 5_000;

function word(seq: number): Message {
  const none = { retain: false, duplicate: false, expiryS: null, responseTopic: null, correlation: null };
  return { topic: TOPIC, payload: Buffer.from(JSON.stringify({ seq })), tooLarge: false, ...none };
}

/** A record that is sent until its receiver has it, with a pause after each attempt in vain. */
function scene() {
  const driven = new DrivenTime();
  const told: (string | null)[] = [];
  const sentAtS: number[] = [];
  const acks = new ReceiverAcks(driven.clock, 10_000, TOPIC, (detail) => told.push(detail));
  const send = async (): Promise<boolean> => {
    sentAtS.push(Math.round(driven.time.elapsedMs / 1000));
    return true;
  };
  const attempt = (seq = 7): Promise<boolean> => acks.kept(seq, send);
  const repeat = async (until: () => boolean): Promise<void> => {
    while (!until()) if (!(await attempt())) await new Promise<void>((resume) => driven.clock.after(PAUSE_MS, resume));
  };
  return { driven, acks, told, sentAtS, attempt, repeat };
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
