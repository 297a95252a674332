import { describe, expect, it } from "vitest";
import type { RemoteOffer } from "../../../../src/ports/remote-offers.ts";
import { MSISDN, OFFERED, PURCHASE, pass, SECRET, startBench } from "./support.ts";

const PATH = `/${SECRET}/createPurchase`;

describe("a purchase that the payment service asks for", () => {
  it("is offered at the machine that was scanned, for what the customer may reserve", async () => {
    const { purchase, offers } = await startBench();
    const answer = await purchase();
    expect([answer.status, answer.json]).toEqual([200, { invoiceReferenceId: "R-1" }]);
    expect(offers.asked).toEqual([{ position: "1", reservationMinor: 30_000 }]);
  });

  it.each<[string, object, string, number]>([
    [
      "names its machine by the other field",
      { reservationToken: undefined, purchaseToken: "pump-2" },
      "pump-2",
      30_000,
    ],
    ["names it by both alike", { purchaseToken: "1" }, "1", 30_000],
    ["leaves the other field null", { purchaseToken: null }, "1", 30_000],
    ["has no decimals", { reservationAmount: "300" }, "1", 30_000],
    ["has one decimal", { reservationAmount: "0.1" }, "1", 10],
    ["says nothing about the customer", { msisdn: undefined }, "1", 30_000],
    ["has fields that we do not know", { colour: { deep: ["blue"] } }, "1", 30_000],
  ])("is taken when it %s", async (_case, changes, position, reservationMinor) => {
    const { purchase, offers } = await startBench();
    expect((await purchase(changes)).json).toEqual({ invoiceReferenceId: "R-1" });
    expect(offers.asked).toEqual([{ position, reservationMinor }]);
  });

  it.each<[string, object, string]>([
    ["an unknown machine", { reservationToken: "9" }, "DEVICE_UNAVAILABLE"],
    ["a machine of another spelling", { reservationToken: " 1" }, "DEVICE_UNAVAILABLE"],
    ["a machine that is a number", { reservationToken: 1 }, "DEVICE_UNAVAILABLE"],
    ["no machine", { reservationToken: undefined }, "DEVICE_UNAVAILABLE"],
    ["two machines", { purchaseToken: "pump-2" }, "DEVICE_UNAVAILABLE"],
    ["an object's inherited name", { reservationToken: "constructor" }, "DEVICE_UNAVAILABLE"],
    ["another currency", { currency: "EUR" }, "INVOICING_ERROR"],
    ["the currency in small letters", { currency: "sek" }, "INVOICING_ERROR"],
    ["no currency", { currency: undefined }, "INVOICING_ERROR"],
    ["no amount", { reservationAmount: undefined }, "INVOICING_ERROR"],
    ["an amount that is a number", { reservationAmount: 300 }, "INVOICING_ERROR"],
    ["three decimals", { reservationAmount: "1.001" }, "INVOICING_ERROR"],
    ["a comma", { reservationAmount: "1,00" }, "INVOICING_ERROR"],
    ["a sign", { reservationAmount: "-1.00" }, "INVOICING_ERROR"],
    ["an exponent", { reservationAmount: "1e3" }, "INVOICING_ERROR"],
    ["more than an integer holds", { reservationAmount: "999999999999999.99" }, "INVOICING_ERROR"],
    ["an empty amount", { reservationAmount: "" }, "INVOICING_ERROR"],
    ["nothing", { reservationAmount: "0.00" }, "INSUFFICIENT_FUNDS"],
  ])("for %s is refused without asking the kiosk", async (_case, changes, errorCode) => {
    const { purchase, offers } = await startBench();
    const answer = await purchase(changes);
    expect([answer.status, answer.json]).toEqual([200, { errorCode }]);
    expect(offers.asked).toEqual([]);
  });

  it.each<[RemoteOffer, object]>([
    [OFFERED, { invoiceReferenceId: "R-1" }],
    [{ kind: "in-use" }, { errorCode: "DEVICE_IN_USE" }],
    [{ kind: "out-of-service", detail: "valve" }, { errorCode: "DEVICE_UNAVAILABLE" }],
    [{ kind: "too-little" }, { errorCode: "INSUFFICIENT_FUNDS" }],
    [{ kind: "refused", detail: "42" }, { errorCode: "INVOICING_ERROR" }],
    [{ kind: "late" }, { errorCode: "SYSTEM_ERROR" }],
  ])("that the kiosk answers with %o tells the service %o", async (offer, told) => {
    const { purchase, offers } = await startBench();
    offers.answer = async () => offer;
    const answer = await purchase();
    expect([answer.status, answer.json]).toEqual([200, told]);
  });

  it("is a system error when the kiosk breaks", async () => {
    const { purchase, offers, logged } = await startBench();
    offers.answer = () => {
      throw new Error("out of order");
    };
    expect((await purchase()).json).toEqual({ errorCode: "SYSTEM_ERROR" });
    expect(logged()).toContain("out of order");
  });
});

describe("the answer's deadline", () => {
  it("is kept when the kiosk does not answer, and a later answer changes nothing", async () => {
    const { purchase, offers, time } = await startBench();
    let answerLate: (offer: RemoteOffer) => void = () => {};
    offers.answer = () =>
      new Promise((resolve) => {
        answerLate = resolve;
      });
    const answer = purchase();
    await expect.poll(() => offers.asked.length).toBe(1);
    let answered = false;
    void answer.then(() => {
      answered = true;
    });
    await pass(time, 4_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    await pass(time, 999);
    expect((await answer).json).toEqual({ errorCode: "SYSTEM_ERROR" });
    answerLate(OFFERED);
    offers.answer = async () => ({ kind: "in-use" });
    expect((await purchase()).json).toEqual({ errorCode: "DEVICE_IN_USE" });
  });

  it("leaves an answer in time as it is", async () => {
    const { purchase, offers, time } = await startBench();
    offers.answer = () => new Promise((resolve) => time.after(4_400, () => resolve(OFFERED)));
    const answer = purchase();
    await expect.poll(() => offers.asked.length).toBe(1);
    await pass(time, 10_000);
    expect((await answer).json).toEqual({ invoiceReferenceId: "R-1" });
  });
});

describe("a body", () => {
  it.each([
    ["no JSON", "reservationToken=1"],
    ["half of it", '{"reservationToken":'],
    ["a list", "[]"],
    ["null", "null"],
    ["a text", '"1"'],
    ["empty", ""],
  ])("that is %s is answered with 400", async (_case, body) => {
    const { post, offers } = await startBench();
    expect((await post(PATH, body)).status).toBe(400);
    expect(offers.asked).toEqual([]);
  });

  it("is read as JSON whatever it is called", async () => {
    const { post } = await startBench();
    for (const type of ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"]) {
      expect((await post(PATH, PURCHASE, { "content-type": type })).json).toEqual({ invoiceReferenceId: "R-1" });
    }
  });

  it("has at most 4 KB", async () => {
    const { post, purchase, offers } = await startBench();
    expect((await purchase({ padding: "x".repeat(3_900) })).status).toBe(200);
    expect((await post(PATH, { ...PURCHASE, padding: "x".repeat(4_096) })).status).toBe(413);
    expect(offers.asked).toHaveLength(1);
  });
});

describe("the rate", () => {
  it("is a minute's worth at once, then what flows in again", async () => {
    const { purchase, time } = await startBench({ requestsPerMinute: 3 });
    const statuses = async (count: number): Promise<number[]> => {
      const all: number[] = [];
      while (all.length < count) all.push((await purchase()).status);
      return all;
    };
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
    await pass(time, 19_000);
    expect(await statuses(1)).toEqual([429]);
    await pass(time, 1_000);
    expect(await statuses(2)).toEqual([200, 429]);
    await pass(time, 600_000);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it("cannot be used up by who does not know the secret", async () => {
    const { post, purchase } = await startBench({ requestsPerMinute: 1 });
    for (let count = 0; count < 5; count++) await post("/not-the-secret-at-all/createPurchase", PURCHASE);
    expect((await purchase()).status).toBe(200);
    const refused = await purchase();
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "60"]);
  });
});

describe("the customer's number", () => {
  it("is in no log and no answer, only its last two digits", async () => {
    const { purchase, post, offers, logged, time } = await startBench({ requestsPerMinute: 10 });
    const answers = [await purchase(), await purchase({ currency: "EUR" }), await purchase({ msisdn: Number(MSISDN) })];
    answers.push(await purchase({ reservationToken: MSISDN }), await purchase({ reservationAmount: MSISDN.repeat(2) }));
    answers.push(
      await post(PATH, `{"msisdn":"${MSISDN}"`),
      await post(PATH, `{"msisdn":"${MSISDN}${" ".repeat(5_000)}"}`),
    );
    offers.answer = async () => {
      throw new Error("broken");
    };
    answers.push(await purchase());
    offers.answer = () => new Promise(() => {});
    const late = purchase();
    await expect.poll(() => offers.asked.length).toBe(4);
    await pass(time, 5_000);
    answers.push(await late);
    expect(answers.map(({ text, headers }) => text + JSON.stringify(headers)).join()).not.toContain(
      MSISDN.slice(0, -2),
    );
    expect(logged()).not.toContain(MSISDN.slice(0, -2));
    expect(logged()).toContain('"customer":"…42"');
    expect(JSON.stringify(offers.asked)).not.toContain(MSISDN);
  });
});
