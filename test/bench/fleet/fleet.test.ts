import { describe, expect, it } from "vitest";
import { hasMosquitto } from "../../support/mosquitto.ts";
import { hasOpenssl } from "../../telemetry/mqtt/certificates.ts";
import { NO_TRAFFIC, runStep, type StepPlan } from "./step.ts";

/** Every process of the bench begins anew, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;
const PLAN = { kiosks: 3, perProcess: 2, warmUpMs: 0, measureMs: 1_000, downMs: 100 } as const;

const isWhole = [hasMosquitto(), hasOpenssl()].every((isHere) => isHere);

describe.skipIf(!isWhole)("the fleet's bench", { concurrent: true }, () => {
  it("sees every kiosk come back to a broker that was killed", { timeout: TIMEOUT_MS }, async () => {
    const plan: StepPlan = { ...PLAN, role: "kiosks", sells: false, tls: true, traffic: NO_TRAFFIC };
    const { processes, brokerMb, restart } = await runStep(plan);
    expect(processes).toBe(2);
    expect(brokerMb).toBeGreaterThan(1);
    expect(restart).toMatchObject({ online: 3, retained: 3, sold: 0, lost: 0 });
    expect(restart?.attempts).toBeGreaterThanOrEqual(1);
  });

  it("counts what plain clients publish", { timeout: TIMEOUT_MS }, async () => {
    const traffic = { ...NO_TRAFFIC, sales: { perSecond: 10, bytes: 600 } };
    const { traffic: heard, cpu } = await runStep({
      ...PLAN,
      role: "plain",
      sells: true,
      tls: false,
      traffic,
      // So long that a pause of the whole machine changes no figure by much.
      measureMs: 8_000,
      downMs: null,
    });
    expect(heard.sales.bytes).toBe(600);
    expect(heard.sales.perSecond).toBeGreaterThan(5);
    expect(heard.sales.perSecond).toBeLessThan(20);
    expect(cpu.load).toBeGreaterThan(0);
  });
});
