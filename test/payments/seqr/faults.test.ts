import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RESULT_CODES } from "../../../src/payments/seqr/codes.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../../support/sale-fixtures.ts";
import { CLOCK, memoryLog, PASSWORD, type SeqrRig, seqrRig, settingsFor } from "./rig.ts";

const log = memoryLog();
let rig: SeqrRig;

/** Waits less than a delayed answer takes. */
let hasty: PaymentProvider;

beforeAll(async () => {
  rig = await seqrRig({}, log);
  hasty = await createSeqrProvider(settingsFor(rig.simulator.endpoint, { requestTimeoutMs: 100 }), CLOCK, log);
});

afterEach(async () => {
  await fetch(`${new URL(rig.simulator.endpoint).origin}/faults`, { method: "DELETE" });
});

afterAll(async () => {
  await hasty.close();
  await rig.provider.close();
  await rig.close();
});

async function held() {
  const sale = contractSale();
  const offered = await rig.provider.offer(sale, ALWAYS, OFFER);
  if (offered.kind !== "done") throw new Error(offered.detail);
  const { reference } = offered.value;
  await rig.confirm(reference);
  await rig.provider.query(sale, reference);
  return { sale, reference };
}

/** Lets so many requests go out that change something. */
function letting(requests: number): () => boolean {
  let left = requests;
  return () => left-- > 0;
}

describe("a call of several requests", () => {
  it("settles no more once its sale has gone on while the bill was updated", async () => {
    const { sale, reference } = await held();
    const outcome = await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, letting(1), CAPTURE);
    expect(outcome).toMatchObject({ kind: "unknown" });
    expect([await rig.charged(sale.id), await rig.held(sale.id)]).toEqual([0, sale.terms.maximumMinor]);
  });

  it("cancels no more once its sale has gone on while the lost bill was replaced", async () => {
    const { sale } = await held();
    expect(await rig.provider.release(sale, null, letting(1), OURS, FREE)).toMatchObject({ kind: "unknown" });
    const bills = rig.simulator.book.bills(Date.now()).filter((bill) => bill.clientInvoiceId === sale.id);
    expect(bills.map(({ status, cancels }) => [status, cancels])).toEqual([
      ["CANCELED", 0],
      ["ISSUED", 0],
    ]);
  });
});

const SILENT_MODES = ["drop-request", "drop-response", "delay", "soap-fault", "html", "truncate"] as const;

describe("an answer that does not come, or is no answer, is unknown", () => {
  for (const mode of SILENT_MODES) {
    it(`offer, query, release and probe under ${mode}`, async () => {
      const sale = contractSale();
      const provider = mode === "delay" ? hasty : rig.provider;
      const settings = { mode, delayMs: 200 };
      await rig.fault({ op: "sendInvoice", ...settings });
      expect((await provider.offer(sale, ALWAYS, OFFER)).kind).toBe("unknown");
      const { reference } = await held();
      // More than are asked: what goes out on a kept connection goes out again when that is cut.
      await rig.fault({ op: "getPaymentStatus", count: 9, ...settings });
      expect((await provider.query(sale, reference)).kind).toBe("unknown");
      expect((await provider.probe("1")).kind).toBe("unknown");
      await rig.noFaults();
      await rig.fault({ op: "cancelInvoice", ...settings });
      expect((await provider.release(sale, reference, ALWAYS, OURS, FREE)).kind).toBe("unknown");
      expect(await rig.provider.release(sale, reference, ALWAYS, OURS, FREE)).toMatchObject({
        kind: "done",
        value: { state: "ended" },
      });
    });
  }
});

describe("settling under one fault never loses or doubles the charge", () => {
  for (const op of ["updateInvoice", "commitReservation", "getPaymentStatus"]) {
    for (const mode of SILENT_MODES) {
      it(`${op} under ${mode}, then repeated`, async () => {
        const { sale, reference } = await held();
        await rig.fault({ op, mode, delayMs: 200 });
        const provider = mode === "delay" ? hasty : rig.provider;
        const first = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
        expect(["unknown", "done"]).toContain(first.kind);
        const again = await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
        expect(again).toMatchObject({ kind: "done", value: { state: "captured", capturedMinor: 9945 } });
        expect(await rig.charged(sale.id)).toBe(9945);
        expect(rig.simulator.book.bills(Date.now()).at(-1)?.commits).toBe(1);
      });
    }
  }
});

describe("a lost answer to the commit is looked up at once", () => {
  it("shows the capture, inside the 20 seconds after which it would be taken back", async () => {
    const { sale, reference } = await held();
    await rig.fault({ op: "commitReservation", mode: "drop-response" });
    const settled = await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    expect(settled).toMatchObject({ kind: "done", value: { state: "captured" } });
  });
});

describe("result codes decide by their treatment", () => {
  const expected = { success: "unknown", retry: "unknown", "query-first": "unknown" } as const;
  const rows = [...RESULT_CODES.values()].filter(({ code }) => ![0, 54, 55, 58, 95].includes(code));
  it.each(rows.map(({ code, treatment }) => [code, treatment] as const))(
    "code %i (%s)",
    async (resultCode, treatment) => {
      const sale = contractSale();
      const outcome =
        treatment === "operator"
          ? { kind: "declined", reason: "rejected" }
          : treatment === "give-up"
            ? { kind: "declined", reason: "refused" }
            : { kind: expected[treatment] };
      await rig.fault({ op: "*", mode: "result-code", resultCode, count: 3 });
      expect(await rig.provider.offer(sale, ALWAYS, OFFER)).toMatchObject(outcome);
      expect(await rig.provider.query(sale, "1")).toMatchObject(outcome);
      expect(await rig.provider.probe("1")).toMatchObject(outcome);
    },
  );

  it.each([
    [58, "expired"],
    [55, "canceled"],
    [95, "canceled"],
  ])("a query answered with %i has ended: %s", async (resultCode, how) => {
    await rig.fault({ op: "getPaymentStatus", mode: "result-code", resultCode });
    expect(await rig.provider.query(contractSale(), "1")).toEqual({ kind: "done", value: { state: "ended", how } });
  });

  it("a code never heard of is unknown", async () => {
    await rig.fault({ op: "sendInvoice", mode: "result-code", resultCode: 777 });
    expect((await rig.provider.offer(contractSale(), ALWAYS, OFFER)).kind).toBe("unknown");
  });

  it.each([
    ["updateInvoice", 49, "declined"],
    ["updateInvoice", 20, "declined"],
    ["updateInvoice", 90, "unknown"],
    ["updateInvoice", 93, "unknown"],
    ["commitReservation", 11, "declined"],
    ["commitReservation", 94, "unknown"],
  ])("settling, %s answered with %i while held: %s", async (op, resultCode, kind) => {
    const { sale, reference } = await held();
    await rig.fault({ op, mode: "result-code", resultCode });
    expect((await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).kind).toBe(kind);
    expect(await rig.charged(sale.id)).toBe(0);
  });

  it("a commit answered with 96 shows what the bill has become", async () => {
    const { sale, reference } = await held();
    rig.simulator.book.cancelInvoice(
      Date.now(),
      { id: "demo-terminal", type: "TERMINALID", password: PASSWORD },
      reference,
    );
    const outcome = await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    expect(outcome).toEqual({ kind: "done", value: { state: "ended", how: "canceled" } });
  });

  it("a commit that says yes and never shows as paid stays unknown", async () => {
    const { sale, reference } = await held();
    await rig.fault({ op: "commitReservation", mode: "result-code", resultCode: 0 });
    expect((await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).kind).toBe("unknown");
    expect(await rig.charged(sale.id)).toBe(0);
  });
});

describe("a position without a terminal", () => {
  it("is rejected without asking anybody", async () => {
    expect(await rig.provider.probe("9")).toMatchObject({ kind: "declined", reason: "rejected" });
  });
});

describe("secrets", () => {
  it("never stand in a log line", () => {
    expect(log.text()).toContain("payment service gave no answer");
    expect(log.text()).not.toContain(PASSWORD);
  });
});
