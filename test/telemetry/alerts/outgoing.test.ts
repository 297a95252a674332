import { expect, it } from "vitest";
import { done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import type { Message, Notice } from "../../../src/telemetry/alerts/notice.ts";
import { Outgoing } from "../../../src/telemetry/alerts/outgoing.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { SILENT } from "../../support/silent-log.ts";

function notice(number: number, severity: Notice["severity"] = "warning"): Notice {
  const title = `fault ${number}`;
  return {
    what: "raised",
    severity,
    code: "dispenser-warning",
    position: "1",
    sinceMs: 0,
    atMs: 0,
    title,
    text: "why",
  };
}

function rig(answers: readonly Outcome<null>[]) {
  const time = new DrivenTime();
  const sent: Message[] = [];
  const sender = {
    name: "test",
    send: async (message: Message): Promise<Outcome<null>> => {
      sent.push(message);
      return answers[sent.length - 1] ?? done(null);
    },
  };
  return { time, sent, outgoing: new Outgoing(sender, "kiosk-1", time.clock, SILENT) };
}

it("a message names the kiosk and what it is about", async () => {
  const { time, sent, outgoing } = rig([]);
  outgoing.add([notice(1, "blocking")]);
  await time.pass(1);
  expect(sent).toMatchObject([{ title: "kiosk-1: fault 1", text: "why", severity: "blocking" }]);
});

it("what did not go is tried again, together with what came meanwhile, and goes once", async () => {
  const { time, sent, outgoing } = rig([unknown("no network"), unknown("no network")]);
  outgoing.add([notice(1)]);
  await time.pass(10_000);
  outgoing.add([notice(2)]);
  await time.pass(20_000);
  expect(sent).toHaveLength(2);
  await time.pass(120_000);
  await time.pass(24 * 3_600_000);
  expect(sent.map(({ title }) => title)).toEqual(["kiosk-1: fault 1", "kiosk-1: 2 alerts", "kiosk-1: 2 alerts"]);
  expect(sent.at(-1)?.text).toBe("fault 1\nwhy\n\nfault 2\nwhy");
});

it("of what waits for a way that is closed the newest twenty are kept, and the rest is counted", async () => {
  const { time, sent, outgoing } = rig([unknown("no network")]);
  outgoing.add([notice(0)]);
  for (let number = 1; number <= 30; number++) outgoing.add([notice(number)]);
  await time.pass(60_000);
  expect(sent).toHaveLength(2);
  expect(sent[1]?.notices.map(({ title }) => title)).toEqual(Array.from({ length: 20 }, (_, at) => `fault ${at + 11}`));
  expect(sent[1]).toMatchObject({ title: "kiosk-1: 31 alerts", text: expect.stringMatching(/and 11 older ones/) });
});

it("nothing goes after the end", async () => {
  const { time, sent, outgoing } = rig([unknown("no network")]);
  outgoing.add([notice(1)]);
  await time.pass(1);
  outgoing.close();
  await time.pass(24 * 3_600_000);
  expect(sent).toHaveLength(1);
});
