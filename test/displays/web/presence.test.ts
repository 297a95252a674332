import { expect, it } from "vitest";
import { DrivenTime } from "../../support/driven-time.ts";
import { startTestDisplay } from "./support.ts";

const NONE_YET = "no page has been opened yet";

it("tells when no page shows the kiosk any more, and when one does again", async () => {
  const driven = new DrivenTime();
  const kiosk = await startTestDisplay({}, driven.clock);
  const told: (string | null)[] = [];
  kiosk.display.watch((problem) => told.push(problem));
  const beat = async (): Promise<number> => {
    const sent = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    return (await fetch(`${kiosk.display.url}/api/display/heartbeat`, sent)).status;
  };
  const age = async (): Promise<unknown> => await (await fetch(`${kiosk.display.url}/api/display`)).json();
  try {
    expect(told).toEqual([NONE_YET]);
    expect(await age()).toEqual({ heartbeatAgeMs: null });
    expect(await beat()).toBe(204);
    await driven.pass(9_999);
    expect(told).toEqual([NONE_YET, null]);
    expect(await age()).toEqual({ heartbeatAgeMs: 9_999 });
    expect(await beat()).toBe(204);
    await driven.pass(10_000);
    expect(told.slice(2)).toEqual(["no page has been heard of for 10 s"]);
    expect(await beat()).toBe(204);
    expect(told.slice(3)).toEqual([null]);
  } finally {
    await kiosk.display.close();
  }
});
