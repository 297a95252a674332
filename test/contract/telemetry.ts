import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Command, CommandReply, HealthMessage } from "../../src/core/operator/messages.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { Entry } from "../../src/ports/journal.ts";
import type { Snapshot, Telemetry } from "../../src/ports/telemetry.ts";

/** One implementation together with the operator's side of it, which is down at first. */
export interface TelemetryRig {
  /** A new telemetry towards the other side, up or not. */
  connect(): Telemetry;
  up(): Promise<void>;
  down(): Promise<void>;
  /** The sequence numbers that have reached the operator, in order of arrival. */
  arrived(): readonly number[];
  /** The state of a position as an operator sees it who looks now; null when there is none. */
  stateOf(position: string): Promise<string | null>;
  /** What the operator gets in answer to an order to unblock a position; the other side is up. */
  order(position: string): Promise<CommandReply>;
  /** Within which `deliver` must end. */
  readonly deliverTimeoutMs: number;
  readonly sampleEntry: (seq: number) => Entry<SaleRecord>;
  readonly sampleView: (state: "idle" | "settling") => Snapshot;
  readonly sampleHealth: HealthMessage;
  close(): Promise<void>;
}

const SOON = { timeout: 10_000, interval: 10 };
const CLOSE_MS = 3000;

/** What every telemetry must do. */
export function telemetryContract(name: string, make: () => Promise<TelemetryRig>): void {
  describe(`telemetry contract: ${name}`, () => {
    let rig: TelemetryRig;
    let telemetry: Telemetry;
    let changes: boolean[];

    beforeEach(async () => {
      rig = await make();
      changes = [];
    });

    afterEach(async () => {
      await telemetry.close();
      await rig.close();
    });

    function connect(): void {
      telemetry = rig.connect();
      telemetry.onConnection((connected) => changes.push(connected));
    }

    async function connected(): Promise<void> {
      await vi.waitFor(() => expect(changes.at(-1)).toBe(true), SOON);
    }

    test("tells at once that nothing is connected, and later that it is", async () => {
      connect();
      expect(changes).toEqual([false]);
      await rig.up();
      await connected();
    });

    test("records arrive in order, and only those acknowledged as true", async () => {
      await rig.up();
      connect();
      await connected();
      const answers = await Promise.all([1, 2, 3, 4, 5].map((seq) => telemetry.deliver("sales", rig.sampleEntry(seq))));
      expect(answers).toEqual([true, true, true, true, true]);
      await vi.waitFor(() => expect(rig.arrived()).toEqual([1, 2, 3, 4, 5]), SOON);
    });

    test("a record is false while the other side is away, and is not sent behind the caller's back", async () => {
      connect();
      const beganMs = performance.now();
      expect(await telemetry.deliver("sales", rig.sampleEntry(1))).toBe(false);
      expect(performance.now() - beganMs).toBeLessThan(rig.deliverTimeoutMs + 500);
      await rig.up();
      await connected();
      expect(await telemetry.deliver("sales", rig.sampleEntry(2))).toBe(true);
      await vi.waitFor(() => expect(rig.arrived()).toEqual([2]), SOON);
    });

    test("after a loss of the connection records are delivered again", async () => {
      await rig.up();
      connect();
      await connected();
      expect(await telemetry.deliver("sales", rig.sampleEntry(1))).toBe(true);
      await vi.waitFor(() => expect(rig.arrived()).toEqual([1]), SOON);
      await rig.down();
      expect(await telemetry.deliver("sales", rig.sampleEntry(2))).toBe(false);
      await vi.waitFor(() => expect(changes.at(-1)).toBe(false), SOON);
      await rig.up();
      await connected();
      expect(await telemetry.deliver("sales", rig.sampleEntry(2))).toBe(true);
      await vi.waitFor(() => expect(rig.arrived()).toEqual([1, 2]), SOON);
    });

    test("what was published before the connection shows after it, the newest only", async () => {
      connect();
      telemetry.publish(rig.sampleView("idle"));
      telemetry.publish(rig.sampleView("settling"));
      await rig.up();
      await connected();
      await vi.waitFor(async () => expect(await rig.stateOf("1")).toBe("settling"), SOON);
    });

    test("what is reported is sent or dropped, and never throws", async () => {
      connect();
      telemetry.report(rig.sampleHealth);
      await rig.up();
      await connected();
      telemetry.report(rig.sampleHealth);
    });

    test("orders are refused until somebody takes them, then each is answered as it was taken", async () => {
      await rig.up();
      connect();
      await connected();
      expect(await rig.order("1")).toMatchObject({ command: "unblock", ok: false });
      const taken: Command[] = [];
      telemetry.onOrder(async (command) => {
        taken.push(command);
        if (taken.length === 1) return { kind: "done" };
        return { kind: "refused", refusal: "not-allowed", detail: "no" };
      });
      expect(await rig.order("2")).toEqual({ command: "unblock", id: null, ok: true });
      expect(await rig.order("3")).toMatchObject({ ok: false, refusal: "not-allowed", detail: "no" });
      expect(taken).toEqual(["2", "3"].map((position) => ({ name: "unblock", body: { position } })));
    });

    test("no trouble is told where everything is allowed", async () => {
      const troubles: unknown[] = [];
      await rig.up();
      connect();
      telemetry.onTrouble((trouble, detail) => troubles.push([trouble, detail]));
      await connected();
      telemetry.publish(rig.sampleView("idle"));
      expect(await telemetry.deliver("sales", rig.sampleEntry(1))).toBe(true);
      await vi.waitFor(async () => expect(await rig.stateOf("1")).toBe("idle"), SOON);
      expect(troubles).toEqual([]);
    });

    test("closes quickly, repeatedly, and delivers nothing afterwards", async () => {
      await rig.up();
      connect();
      await connected();
      const beganMs = performance.now();
      await Promise.all([telemetry.close(), telemetry.close()]);
      await telemetry.close();
      expect(performance.now() - beganMs).toBeLessThan(CLOSE_MS);
      expect(changes.at(-1)).toBe(false);
      expect(await telemetry.deliver("sales", rig.sampleEntry(1))).toBe(false);
      telemetry.publish(rig.sampleView("idle"));
    });
  });
}
