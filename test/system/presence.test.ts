import { expect, it } from "vitest";
import { startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess } from "../support/daemon.ts";
import { tempFolder } from "../support/temp.ts";

it("nothing is sold before somebody can read the display", async () => {
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  try {
    const daemon = new DaemonProcess(writeConfig(tempFolder(), { endpoint: seqr.endpoint, displayRequired: true }));
    const url = await daemon.serving();
    const health = async (): Promise<unknown> => await (await fetch(`${url}/health`)).json();
    const post = async (path: string, body: object): Promise<number> => {
      const sent = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      return (await fetch(`${url}${path}`, sent)).status;
    };
    expect(await health()).toMatchObject({
      ok: false,
      reasons: ["display-silent: no page has been opened yet"],
      positions: [{ id: "1", notSelling: "It does not sell because nobody can read the display." }],
    });
    expect(await post("/api/positions/1/select", { reserve: "100.00" })).toBe(409);
    expect((await daemon.view()).message).toBe("out-of-service");
    expect(await post("/api/display/heartbeat", {})).toBe(204);
    expect(await health()).toEqual({ ok: true, reasons: [], advice: [], positions: [{ id: "1", notSelling: null }] });
    expect(await post("/api/positions/1/select", { reserve: "100.00" })).toBe(202);
  } finally {
    await seqr.close();
  }
});
