import { expect, it } from "vitest";
import { done } from "../../../src/ports/outcome.ts";
import { scene } from "../scene.ts";

const OFFER_MS = 60_000;
const CODE_MS = OFFER_MS - 30_000;

it("an offer's code comes back when the customer asks for more time, and is otherwise gone 30 s before its end", async () => {
  const { kiosk, pass, view } = await scene();
  expect(await kiosk.customers.extend("1")).toMatchObject({ kind: "conflict" });
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  const code = view().qr;
  expect(code).not.toBeNull();
  await Promise.all([pass(100), kiosk.customers.extend("1").then((answer) => expect(answer.kind).toBe("conflict"))]);
  await pass(CODE_MS - 1_000);
  expect(view().qr).toBe(code);
  await pass(1_000);
  expect(view()).toMatchObject({ state: "offered", message: "confirm", qr: null });
  await Promise.all([pass(100), kiosk.customers.extend("1").then((answer) => expect(answer.kind).toBe("taken"))]);
  expect(view()).toMatchObject({ message: "scan", qr: code });
  await pass(CODE_MS);
  expect(view().qr).toBeNull();
  await pass(30_000);
  expect(view()).toMatchObject({ state: "closed", message: "expired", charged: "0.00" });
});

it("the display is told the moment the code has to go", async () => {
  const { kiosk, pass, shown } = await scene();
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  await pass(CODE_MS);
  expect(shown().positions[0]).toMatchObject({ qr: null, message: "confirm" });
});

it("a delivery without flow warns 20 s before it is ended, and goes on while the customer says so", async () => {
  const { kiosk, machine, pass, view, confirm } = await scene();
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  await confirm();
  const idle = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      machine.tell({ type: "reading", totaliserBase: 0 });
      await pass(500);
    }
  };
  expect(view().timeout).toBeNull();
  await idle(10_000);
  expect(view()).toMatchObject({ state: "dispensing", timeout: { extendable: true } });
  await idle(15_000);
  await Promise.all([pass(0), kiosk.customers.extend("1").then((answer) => expect(answer.kind).toBe("taken"))]);
  expect(view().timeout).toBeNull();
  await idle(29_000);
  expect(view().message).toBe("dispensing");
  machine.meter = done(0);
  await idle(1_500);
  await pass(10_000);
  expect(view()).toMatchObject({ state: "closed", message: "nothing-dispensed" });
});

it("a receipt stays for whoever is still reading it", async () => {
  const { kiosk, pass, view } = await scene();
  await Promise.all([kiosk.customers.select("1", "20.00", null), pass(100)]);
  await Promise.all([kiosk.customers.cancel("1"), pass(2_000)]);
  expect(view().state).toBe("closed");
  await pass(20_000);
  expect(await kiosk.customers.extend("1")).toEqual({ kind: "taken" });
  await pass(29_000);
  expect(view().state).toBe("closed");
  await pass(2_000);
  expect(view().state).toBe("idle");
});
