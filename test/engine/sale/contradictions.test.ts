import { expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import { declined, done, unknown } from "../../../src/ports/outcome.ts";
import { scene } from "../scene.ts";

/** A kiosk whose machine has been armed for a customer. */
async function dispensing() {
  const stage = await scene();
  await Promise.all([stage.kiosk.customers.select("1", "20.00", null), stage.pass(100)]);
  await stage.confirm();
  expect(stage.view().state).toBe("dispensing");
  const read = async (totaliserBase: number): Promise<void> => {
    stage.machine.tell({ type: "reading", totaliserBase });
    await stage.pass(500);
  };
  const charged = async (): Promise<readonly string[]> => {
    const sales = await stage.journal.salesAfter(0, 10);
    return sales.map(({ body }) => body.charged);
  };
  return { ...stage, read, charged };
}

it("one wrong reading is charged to nobody, also when the meter is not heard of again", async () => {
  const { kiosk, machine, pass, charged, read } = await dispensing();
  await read(300);
  await read(1_900);
  machine.meter = unknown("no answer");
  await Promise.all([pass(100), kiosk.customers.stop("1")]);
  await pass(3_600_000);
  expect(await charged()).toEqual(["3.00"]);
});

it("a meter that goes backwards ends the delivery, has the last word, and a person is told", async () => {
  const { machine, pass, view, read, faults } = await dispensing();
  await read(700);
  await read(900);
  machine.orders.length = 0;
  machine.meter = done(800);
  await read(650);
  expect(machine.orders).toContain("stop");
  await pass(2_000);
  expect(view()).toMatchObject({ state: "closed", charged: "8.00" });
  expect(faults().join()).toMatch(/needs-attention: .*went backwards/);
});

it("a delivery of which nobody can say what came out goes to a person, with its reservation", async () => {
  const { machine, payment, pass, view, charged, read, faults } = await dispensing();
  const sent: string[] = [];
  const { settle, release } = payment;
  payment.settle = (...args) => {
    sent.push("settle");
    return settle.apply(payment, args);
  };
  payment.release = (...args) => {
    sent.push("release");
    return release.apply(payment, args);
  };
  await read(700);
  await read(900);
  machine.meter = declined("disputed", "item 7 was approved, and its result is not known");
  machine.tell({ type: "finished" });
  await pass(2_000);
  expect(view()).toMatchObject({ state: "closed", message: "staff-decides" });
  expect([await charged(), sent]).toEqual([["0.00"], []]);
  expect(faults()).toEqual([
    expect.stringMatching(
      /^needs-attention: sale .*: item 7 was approved.*settle or release it at the payment service/,
    ),
  ]);
});

it.each([
  ["the terminal is, too,", declined<Truth>("rejected", "unknown terminal")],
  ["nobody knows the state", done<Truth>({ state: "unclear", detail: "FOGGY" })],
])("a commit that is refused while %s is not given up", async (_, answer) => {
  const { machine, payment, pass, view, charged, read } = await dispensing();
  const { query, settle } = payment;
  payment.settle = async () => declined("refused", "error 99");
  payment.query = async () => answer;
  await read(500);
  machine.meter = done(500);
  machine.tell({ type: "finished" });
  await pass(60_000);
  expect(view()).toMatchObject({ state: "settling" });
  Object.assign(payment, { query, settle });
  await pass(60_000);
  expect(await charged()).toEqual(["5.00"]);
});
