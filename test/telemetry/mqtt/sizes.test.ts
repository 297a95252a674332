import { expect, test } from "vitest";
import { PacketSizes, type SentMessage } from "../../../src/telemetry/sizes.ts";
import { DrivenTime } from "../../support/driven-time.ts";

const SALE: SentMessage = { topic: "sales", bytes: 1000 };
const REFUND: SentMessage = { topic: "refunds", bytes: 400 };
const STATE: SentMessage = { topic: "state", bytes: 200 };
const NOTHING = Number.POSITIVE_INFINITY;

/** What is under way at an end, how long after it went out, and whether the other side gave a reason. */
type End = readonly [sent: readonly SentMessage[], afterMs?: number, hasReason?: boolean];

async function meet(driven: DrivenTime, sizes: PacketSizes, ends: readonly End[]): Promise<(string | null)[]> {
  const told: (string | null)[] = [];
  for (const [sent, afterMs = 100, hasReason = false] of ends) {
    // A copy, as every message is another one although it looks the same.
    for (const message of sent) sizes.sent({ ...message });
    await driven.pass(afterMs);
    told.push(sizes.ended(!hasReason));
  }
  return told;
}

test.each<readonly [string, readonly End[], number]>([
  ["once", [[[SALE]]], NOTHING],
  ["twice", [[[SALE]], [[SALE]]], 999],
  ["twice, with smaller ones beside it", [[[REFUND, SALE, STATE]], [[SALE, REFUND]]], 999],
  ["once each of two", [[[SALE]], [[REFUND]]], NOTHING],
  ["not in a row", [[[SALE]], [[REFUND]], [[SALE]]], NOTHING],
  [
    "long after it went out",
    [
      [[SALE], 6000],
      [[SALE], 6000],
    ],
    NOTHING,
  ],
  [
    "with a reason",
    [
      [[SALE], 100, true],
      [[SALE], 100, true],
    ],
    NOTHING,
  ],
  ["of a size that every broker takes", [[[STATE]], [[STATE]]], NOTHING],
  ["with nothing under way", [[[]], [[]]], NOTHING],
  ["and then, in a shorter form, once more", [[[SALE]], [[SALE]], [[{ ...SALE, bytes: 700 }]]], 699],
])("sessions end right after a message, %s", async (_what, ends, maxBytes) => {
  const driven = new DrivenTime();
  const sizes = new PacketSizes(driven.clock);
  const told = await meet(driven, sizes, ends);
  expect(sizes.maxBytes).toBe(maxBytes);
  expect(told.some((text) => text !== null)).toBe(maxBytes !== NOTHING);
  if (maxBytes !== NOTHING) expect(told.at(-1)).toMatch(/right after \d+ bytes went to sales, .* maximum packet size/);
});

test("a size is tried again later and later, and counts no more once the broker has taken it", async () => {
  const driven = new DrivenTime();
  const sizes = new PacketSizes(driven.clock);
  await meet(driven, sizes, [[[SALE]], [[SALE]]]);
  for (const waitMs of [600_000, 3_600_000, 21_600_000, 21_600_000]) {
    await driven.pass(waitMs - 1000);
    expect(sizes.maxBytes).toBe(999);
    await driven.pass(1000);
    expect(sizes.maxBytes).toBe(NOTHING);
    await meet(driven, sizes, [[[SALE]]]);
    expect(sizes.maxBytes).toBe(999);
  }
  await driven.pass(21_600_000);
  const taken = { ...SALE };
  sizes.sent(taken);
  sizes.answered(taken);
  await meet(driven, sizes, [[[SALE]]]);
  expect(sizes.maxBytes).toBe(NOTHING);
});
