import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEMO_RESELLER, type SeqrSimulator, startSeqrSimulator } from "../../../src/payments/seqr/simulator/server.ts";
import { createSeqrTerminals, type SeqrTerminals } from "../../../src/payments/seqr/terminals.ts";

let simulator: SeqrSimulator;
let terminals: SeqrTerminals;

function settings(reseller: { id: string; userId: string; password: string }) {
  return { endpoint: simulator.endpoint, requestTimeoutMs: 5000, clientId: "kioskd test", reseller };
}

beforeEach(async () => {
  simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  terminals = await createSeqrTerminals(settings(DEMO_RESELLER));
});

afterEach(async () => {
  terminals.close();
  await simulator.close();
});

const NEW = { externalTerminalId: "Hall 2/Pump 1", password: "kQ7vT2mZ", name: "Pump <1> & co" };

async function registered() {
  const outcome = await terminals.register(NEW);
  if (outcome.kind !== "done") throw new Error(outcome.detail);
  return { terminalId: outcome.value.terminalId, password: NEW.password };
}

describe("terminals", () => {
  it("are registered, tied to a code and unregistered", async () => {
    const terminal = await registered();
    expect(terminal.terminalId).toMatch(/^[0-9a-f]{32}$/);
    expect(await terminals.assign({ ...terminal, seqrId: "KIOSK1" })).toEqual({ kind: "done", value: null });
    expect(await terminals.unregister(terminal)).toEqual({ kind: "done", value: null });
    expect(await terminals.unregister(terminal)).toMatchObject({ kind: "declined", reason: "rejected" });
  });

  it("get ids of their own", async () => {
    expect((await registered()).terminalId).not.toBe((await registered()).terminalId);
  });

  it("cannot share a code, nor have a strange one", async () => {
    const [one, other] = [await registered(), await registered()];
    await terminals.assign({ ...one, seqrId: "KIOSK1" });
    const refused = { kind: "declined", reason: "refused" };
    expect(await terminals.assign({ ...other, seqrId: "KIOSK1" })).toMatchObject(refused);
    expect(await terminals.assign({ ...other, seqrId: "no blanks" })).toMatchObject(refused);
  });

  it("with a password the service would only refuse later are refused at once", async () => {
    expect(await terminals.register({ ...NEW, password: "123" })).toMatchObject({
      kind: "declined",
      reason: "refused",
    });
  });

  it.each([
    ["an unknown reseller", { ...DEMO_RESELLER, id: "nobody" }, "37"],
    ["an unknown user", { ...DEMO_RESELLER, userId: "1" }, "37"],
    ["a wrong password", { ...DEMO_RESELLER, password: "wrong" }, "20"],
  ])("are not registered by %s", async (_name, reseller, code) => {
    const others = await createSeqrTerminals(settings(reseller));
    const outcome = await others.register(NEW);
    others.close();
    expect(outcome).toMatchObject({ kind: "declined", reason: "rejected", detail: expect.stringContaining(code) });
  });

  it("are in an unknown state when the service is silent", async () => {
    await simulator.close();
    expect((await terminals.register(NEW)).kind).toBe("unknown");
  });
});
