import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sale } from "../../../src/core/sale/state.ts";
import type { VippsBooks } from "../../../src/payments/vipps/books.ts";
import type { VippsProvider } from "../../../src/payments/vipps/provider.ts";
import type { Fault } from "../../../src/payments/vipps/simulator/faults.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../../support/sale-fixtures.ts";
import { sample } from "../../support/sample.ts";
import { type VippsRig, vippsRig } from "./rig.ts";

let rig: VippsRig;

beforeAll(async () => {
  rig = await vippsRig();
});
afterAll(async () => {
  await rig.provider.close();
  await rig.close();
});

interface Service {
  readonly provider: VippsProvider;
  readonly books: VippsBooks;
}

type Do = (service: Service, sale: Sale) => Promise<Outcome<unknown>>;

const offer: Do = ({ provider }, sale) => provider.offer(sale, ALWAYS, OFFER);
const settle: Do = ({ provider }, sale) => provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
const release: Do = ({ provider }, sale) => provider.release(sale, sale.id, ALWAYS, OURS, FREE);
const releaseLost: Do = ({ provider }, sale) => provider.release(sale, null, ALWAYS, OURS, FREE);
const freeRest: Do = ({ books }, sale) => books.remainders.freeRest(sale.id, "1", sale.id, { ...FREE, number: 2 });
const refund: Do = ({ books }, sale) =>
  books.refunds.refund({
    ...{ refundId: `back-${sale.id.slice(-12)}`, saleId: sale.id, position: "1", paymentReference: sale.id },
    ...{ productName: "Diesel", currency: "NOK", amountMinor: 945 },
  });

interface Row {
  readonly what: string;
  readonly before: readonly (Do | "confirm" | "keep-rest")[];
  readonly act: Do;
  readonly calls: readonly Fault["call"][];
  /** What the service has taken and holds, and how often, when all is over. */
  readonly end: readonly [chargedMinor: number, heldMinor: number, captures: number, refunds: number];
}

const ROWS: readonly Row[] = [
  { what: "offer", before: [], act: offer, calls: ["token", "create"], end: [0, 0, 0, 0] },
  {
    ...{ what: "settle", before: [offer, "confirm"], act: settle },
    ...{ calls: ["token", "payment", "capture", "cancel"], end: [9945, 0, 1, 0] },
  },
  { what: "release of an open offer", before: [offer], act: release, calls: ["payment", "cancel"], end: [0, 0, 0, 0] },
  {
    what: "release of a hold",
    before: [offer, "confirm"],
    act: release,
    calls: ["payment", "cancel"],
    end: [0, 0, 0, 0],
  },
  {
    ...{ what: "release of what was lost", before: [], act: releaseLost },
    ...{ calls: ["payment", "create", "cancel"], end: [0, 0, 0, 0] },
  },
  {
    ...{ what: "freeing of a rest", before: [offer, "confirm", "keep-rest"], act: freeRest },
    ...{ calls: ["payment", "cancel"], end: [9945, 0, 1, 0] },
  },
  {
    ...{ what: "refund", before: [offer, "confirm", settle], act: refund },
    ...{ calls: ["events", "refund"], end: [9000, 0, 1, 1] },
  },
];

const FAULTS: readonly Omit<Partial<Fault>, "call">[] = [
  ...(["drop-request", "drop-answer", "html", "portal", "redirect", "truncate", "empty"] as const).map((mode) => ({
    mode,
  })),
  { mode: "status", status: 500 },
  { mode: "status-afterwards", status: 500 },
  { mode: "status", status: 503, code: 6160, retryAfter: "7" },
  { mode: "status", status: 423 },
  { mode: "status", status: 429, retryAfter: "3" },
  { mode: "status", status: 400, code: 6160 },
  { mode: "status", status: 409, code: 4020 },
  { mode: "status", status: 401 },
  { mode: "status", status: 401, count: 2 },
  { mode: "status", status: 403 },
  { mode: "status", status: 404, code: 5090 },
  { mode: "status", status: 400 },
  ...(["other-currency", "other-amount", "other-reference", "odd-sums", "odd-state"] as const).map((mode) => ({
    mode,
  })),
];

/** What such an answer says of money is not what decides. */
function faultsOf(call: Fault["call"]): typeof FAULTS {
  const isHeard = call === "payment" || call === "create" || call === "events" || call === "capture";
  return isHeard ? FAULTS : FAULTS.filter(({ mode = "" }) => !/^o(?:ther|dd)-/.test(mode));
}

function named({ mode, status, code, count }: Omit<Partial<Fault>, "call">): string {
  const shown = [status, code === undefined ? "" : `code ${code}`, count === undefined ? "" : `${count} times`];
  return [mode, ...shown].filter((each) => each !== undefined && each !== "").join(" ");
}

function shownOutcome(outcome: Outcome<unknown>): string {
  if (outcome.kind === "declined")
    return `declined ${outcome.reason}${outcome.advice === undefined ? "" : ", with advice"}`;
  if (outcome.kind === "unknown")
    return `unknown${outcome.retryAfterMs === undefined ? "" : `, wait ${outcome.retryAfterMs} ms`}`;
  const { state, capturedMinor, stillHeldMinor, kind } = outcome.value as Record<string, unknown>;
  const shown = [
    state ?? kind ?? "",
    capturedMinor ?? "",
    stillHeldMinor === undefined ? "" : `rest ${stillHeldMinor}`,
  ];
  return ["done", ...shown].filter((each) => each !== "").join(" ");
}

/** What the service has of the sale: taken, held, and how often it was done. */
async function sums(sale: Sale): Promise<readonly number[]> {
  const events = rig.simulator.service.find(sale.id)?.events ?? [];
  const times = (name: string) => events.filter((each) => each.name === name && each.success).length;
  return [await rig.charged(sale.id), await rig.held(sale.id), times("CAPTURED"), times("REFUNDED")];
}

async function prepared({ before }: Row, sale: Sale): Promise<void> {
  for (const step of before) {
    if (step === "confirm") await rig.confirm(sale.id);
    else if (step === "keep-rest") {
      rig.fault({ call: "cancel", mode: "drop-request" });
      await settle(rig, sale);
    } else await step(rig, sale);
  }
  rig.simulator.faults.clear();
}

/** The daemon starts again, asks, and repeats what it owes, with all keys forgotten at the service. */
async function recovered({ act }: Row, sale: Sale): Promise<string> {
  let last = "";
  for (let times = 0; times < 3; times++) {
    rig.simulator.service.forgetKeys();
    const outcome = await act(rig.restarted(), sale);
    last = shownOutcome(outcome);
    if (outcome.kind !== "done") continue;
    if (last.includes("rest")) last += `; its rest: ${shownOutcome(await freeRest(rig, sale))}`;
    break;
  }
  return last;
}

describe("whatever becomes of one request of a call", () => {
  it.each(sample("vipps faults", ROWS, 3))(
    "$what: it is told as it is, and in the end the sums are right",
    async (row) => {
      const lines: string[] = [];
      for (const call of row.calls) {
        for (const fault of faultsOf(call)) {
          const sale = contractSale("NOK");
          await prepared(row, sale);
          // A new daemon has no token yet.
          const service = call === "token" ? rig.restarted() : rig;
          rig.fault({ ...fault, call, mode: fault.mode ?? "status" });
          const said = shownOutcome(await row.act(service, sale));
          rig.simulator.faults.clear();
          const [charged = 0, held = 0, captures = 0] = await sums(sale);
          expect(charged).toBeLessThanOrEqual(9945);
          expect(captures).toBeLessThanOrEqual(1);
          const after = await recovered(row, sale);
          expect([`${call} ${named(fault)}`, ...(await sums(sale))]).toEqual([`${call} ${named(fault)}`, ...row.end]);
          lines.push(
            `${call.padEnd(8)} ${named(fault).padEnd(26)} ${said.padEnd(34)} taken ${charged}, held ${held}; again: ${after}`,
          );
        }
      }
      await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`outcomes/${row.what.replaceAll(" ", "-")}.txt`);
    },
  );
});

describe("an answer that comes too late", () => {
  it.each<[string, Row["before"], Do, Fault["call"], string]>([
    ["to an offer", [], offer, "create", "unknown"],
    ["to a capture, which the payment shows", [offer, "confirm"], settle, "capture", "done captured 9945"],
    ["to a cancel, which the payment shows", [offer, "confirm"], release, "cancel", "done ended"],
  ])("%s", async (_what, before, act, call, expected) => {
    const sale = contractSale("NOK");
    await prepared({ before } as Row, sale);
    rig.fault({ call, mode: "delay", delayMs: 2_500 });
    expect(shownOutcome(await act(rig.restarted({ timeoutMs: 1_000 }), sale))).toBe(expected);
  });
});

describe("at the instant of something else", () => {
  it.each<[string, Row["before"], Do, Omit<Fault, "count" | "status" | "delayMs">, string]>([
    [
      "a customer confirms before the offer is closed",
      [offer],
      release,
      { call: "cancel", mode: "confirm-before" },
      "done held",
    ],
    [
      "a customer confirms after the offer is closed",
      [offer],
      release,
      { call: "cancel", mode: "confirm-after" },
      "done ended",
    ],
    [
      "a customer confirms while it is asked about",
      [offer],
      release,
      { call: "payment", mode: "confirm-before" },
      "done ended",
    ],
    [
      "a hold lapses before the capture",
      [offer, "confirm"],
      settle,
      { call: "capture", mode: "lapse-before" },
      "done ended",
    ],
    [
      "a hold lapses before it is asked about",
      [offer, "confirm"],
      settle,
      { call: "payment", mode: "lapse-before" },
      "done ended",
    ],
    [
      "a hold lapses before it is freed",
      [offer, "confirm"],
      release,
      { call: "cancel", mode: "lapse-before" },
      "done ended",
    ],
    [
      "a rest lapses before it is freed",
      [offer, "confirm"],
      settle,
      { call: "cancel", mode: "lapse-before" },
      "done captured 9945",
    ],
  ])("%s", async (_what, before, act, fault, expected) => {
    const sale = contractSale("NOK");
    await prepared({ before } as Row, sale);
    rig.fault(fault);
    expect(shownOutcome(await act(rig, sale))).toBe(expected);
    rig.simulator.faults.clear();
    if (act === release) {
      await rig.provider.release(sale, sale.id, ALWAYS, OURS, { ...FREE, number: 2 });
      expect((await sums(sale)).slice(0, 2)).toEqual([0, 0]);
    }
    expect(await rig.held(sale.id)).toBe(0);
  });
});

describe("keys and sales unit", () => {
  it("keys of the other environment are refused, with what to do", async () => {
    const { provider } = rig.restarted({ clientId: "11111111-0000-4000-8000-000000000001" });
    expect(await provider.probe()).toMatchObject({
      ...{ kind: "declined", reason: "rejected" },
      advice: expect.stringMatching(/test keys do nothing in production/),
    });
  });

  it("another sales unit's number is refused", async () => {
    const { provider } = rig.restarted({ merchantSerialNumber: "654321" });
    expect(await provider.probe()).toMatchObject({ kind: "declined", reason: "rejected" });
  });

  it("a token that was revoked is renewed once, and nobody notices", async () => {
    const sale = contractSale("NOK");
    await prepared({ before: [offer, "confirm"] } as unknown as Row, sale);
    rig.simulator.revokeTokens();
    expect(shownOutcome(await settle(rig, sale))).toBe("done captured 9945");
  });

  it("a token is renewed before its end", async () => {
    let nowMs = 0;
    const clock = { wallMs: () => Date.now(), monotonicMs: () => nowMs, after: () => () => undefined };
    const { provider } = rig.restarted({ clock });
    const tokens = () => rig.seen.filter(({ call }) => call === "token").length;
    const first = tokens();
    for (const atMs of [0, 54 * 60_000, 56 * 60_000, 57 * 60_000]) {
      nowMs = atMs;
      await provider.probe();
    }
    expect(tokens() - first).toBe(2);
  });

  it("another currency than the sales unit's sells nothing, and says what to mend", async () => {
    const outcome = await rig.provider.offer(contractSale("DKK"), ALWAYS, OFFER);
    expect(outcome).toMatchObject({
      ...{ kind: "declined", reason: "rejected", detail: expect.stringContaining("5040") },
      advice: expect.stringMatching(/kiosk.currency/),
    });
  });

  it("a unit that takes whole amounts only is charged nothing, and sells no more", async () => {
    const whole = await vippsRig({}, { switches: { partialCapture: false } });
    const sale = contractSale("NOK");
    await whole.provider.offer(sale, ALWAYS, OFFER);
    await whole.confirm(sale.id);
    expect(await whole.provider.probe()).toMatchObject({ kind: "done" });
    const refused = { kind: "declined", reason: "rejected", advice: expect.stringMatching(/partial capture on/) };
    expect(await whole.provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(refused);
    expect(await whole.charged(sale.id)).toBe(0);
    expect(await whole.provider.probe()).toMatchObject(refused);
    await whole.close();
  });

  it("a unit that takes parts again is found mended, whatever it keeps under the key of before", async () => {
    const mended = await vippsRig({}, { switches: { partialCapture: false } });
    const sale = contractSale("NOK");
    await mended.provider.offer(sale, ALWAYS, OFFER);
    await mended.confirm(sale.id);
    await mended.provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    mended.simulator.service.switches.partialCapture = true;
    const { provider } = mended.restarted();
    const kept = { kind: "declined", reason: "rejected", kept: true };
    expect(await provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).toMatchObject(kept);
    const next = { ...CAPTURE, number: 2 };
    const taken = { kind: "done", value: { state: "captured", capturedMinor: CONTRACT_DELIVERY.amountMinor } };
    expect(await provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, next)).toMatchObject(taken);
    expect(await provider.probe()).toMatchObject({ kind: "done" });
    await mended.close();
  });

  it("the service's time is told by its answers", async () => {
    rig.simulator.service.switches.clockAheadMs = 3_600_000;
    await rig.provider.probe();
    rig.simulator.service.switches.clockAheadMs = 0;
    expect((rig.provider.serviceTime()?.atMs ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe("what is sent", () => {
  it("is the same to the last byte each time, by whichever daemon", async () => {
    const sale = contractSale("NOK");
    const first = rig.seen.length;
    for (const service of [rig, rig.restarted(), rig.restarted({ timeoutMs: 9_000 })]) await offer(service, sale);
    const sent = rig.seen.slice(first).filter(({ call }) => call === "create");
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ body, headers }) => `${headers["idempotency-key"]} ${body}`)).size).toBe(1);
  });

  it("made before, with its key forgotten: the code is asked for", async () => {
    const sale = contractSale("NOK");
    const first = await rig.provider.offer(sale, ALWAYS, OFFER);
    rig.simulator.service.forgetKeys();
    expect(await rig.provider.offer(sale, ALWAYS, OFFER)).toEqual(first);
  });

  it("a second capture is sent only where none was carried out", async () => {
    const sale = contractSale("NOK");
    await prepared({ before: [offer, "confirm", settle] } as unknown as Row, sale);
    const again = await rig.provider.settle(sale, sale.id, CONTRACT_DELIVERY, ALWAYS, { ...CAPTURE, number: 2 });
    expect(shownOutcome(again)).toBe("done captured 9945");
    expect((await sums(sale))[2]).toBe(1);
  });

  it("a refund is known again for ever, and another one of more than is left exceeds", async () => {
    const sale = contractSale("NOK");
    await prepared({ before: [offer, "confirm", settle] } as unknown as Row, sale);
    const first = await refund(rig, sale);
    rig.simulator.service.forgetKeys();
    expect(await refund(rig.restarted(), sale)).toEqual(first);
    const more = { saleId: sale.id, position: "1", paymentReference: sale.id, productName: "Diesel", currency: "NOK" };
    const exceeding = await rig.books.refunds.refund({ ...more, refundId: "too-much-1", amountMinor: 9_001 });
    expect(exceeding).toMatchObject({ kind: "done", value: { kind: "exceeds" } });
    expect((await sums(sale))[0]).toBe(9000);
  });

  it("no secret is in a log or in what a listener hears", async () => {
    const heard: string[] = [];
    const { provider } = rig.restarted({ onExchange: (each) => void heard.push(JSON.stringify(each)) });
    await provider.probe();
    expect(heard.length).toBe(2);
    expect(heard.join("\n")).not.toMatch(/demo-client-secret|demo-subscription-key|simulated-token/);
  });
});
