import { describe, expect, it } from "vitest";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { scene } from "../scene.ts";

const MINUTE_MS = 60_000;

/** An offer of a service whose offers live ten minutes, with the end that it tells. */
async function offered(endOf: (nowMs: number) => number) {
  const payment = new MemoryPayment(() => 0);
  const tenMinutes = { shortestMs: 10 * MINUTE_MS, longestMs: 10 * MINUTE_MS };
  const traits = { ...payment.traits, offerLife: tenMinutes };
  const serves: MemoryPayment = Object.assign(payment, { traits });
  const publish = payment.offer.bind(payment);
  payment.offer = async (sale, mayGoOn) => {
    const made = await publish(sale, mayGoOn);
    return made.kind === "done" ? { ...made, value: { ...made.value, endsAtMs: endOf(sale.selectedAtMs) } } : made;
  };
  const kiosk = await scene({ payment: serves });
  await Promise.all([kiosk.kiosk.customers.select("1", "20.00", null), kiosk.pass(1_000)]);
  const { qr } = kiosk.view();
  const faults = kiosk.faults();
  await kiosk.pass(5_000);
  return { ...kiosk, qr, shown: faults };
}

describe("the end that a service tells of its offer", () => {
  it.each<[string, (nowMs: number) => number]>([
    ["as it is known", (nowMs) => nowMs + 10 * MINUTE_MS],
    ["by a clock that differs as far as is let pass", (nowMs) => nowMs + 3 * MINUTE_MS],
  ])("is taken: %s", async (_, endOf) => {
    const { qr, shown } = await offered(endOf);
    expect(qr).toMatch(/^MEMORY:/);
    expect(shown).toEqual([]);
  });

  it.each<[string, (nowMs: number) => number, RegExp]>([
    ["in seconds", (nowMs) => Math.floor((nowMs + 10 * MINUTE_MS) / 1_000), /ends 1970-.*: expected 20/],
    ["a thousand times too late", (nowMs) => (nowMs + 10 * MINUTE_MS) * 1_000, /ends \d{5,}|ends \+0\d{5}-/],
    ["no number at all", () => Number.NaN, /ends at NaN ms/],
    ["right now", (nowMs) => nowMs, /no time is left to scan it/],
    ["an hour later", (nowMs) => nowMs + 60 * MINUTE_MS, /expected 20/],
  ])("is not understood: %s. Nothing is shown, what was made is released, and a fault says it", async (...row) => {
    const [, endOf, fault] = row;
    const { qr, shown, view, payment } = await offered(endOf);
    expect(qr).toBeNull();
    expect(shown).toEqual([expect.stringMatching(/^offer-unclear: /)]);
    expect(shown[0]).toMatch(fault);
    expect(view()).toMatchObject({ state: "closed" });
    expect(await payment.query({} as never, "1")).toMatchObject({ value: { state: "ended" } });
  });
});
