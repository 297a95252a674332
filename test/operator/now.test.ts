import { beforeAll, describe, expect, it } from "vitest";
import type { OperatorServer } from "../../src/operator/server.ts";
import { atEnd, sharedByFile } from "../support/at-end.ts";
import { Person, send } from "./client.ts";
import { Stage } from "./stage.ts";

const shared = sharedByFile();
let stage: Stage;
let server: OperatorServer;
let person: Person;

beforeAll(async () => {
  stage = new Stage();
  server = await stage.start();
  atEnd(() => server.close());
  const code = stage.code.make({ user: "otto", role: "operator" }, Date.now());
  person = new Person(server.url, await send(server.url, "/api/password", { body: { code, password: "good words" } }));
  shared.begun();
});

describe("the operator's interface", () => {
  it("says why nothing is sold also when the journal is gone, and lets in whoever wants to look", async () => {
    stage.isJournalGone = true;
    stage.faults = [{ code: "journal-unwritable", position: null, sinceMs: 0, detail: "it is gone" }];
    const body = { user: "otto", password: "good words" };
    expect((await send(server.url, "/api/sign-in", { body })).status).toBe(200);
    expect(await person.send("/api/now")).toMatchObject({
      status: 200,
      body: { positions: [{ notSelling: { causes: ["journal-unwritable"] }, price: null }, {}, {}], waiting: 0 },
    });
    expect((await person.send("/api/orders/stop", { body: { position: "1" } })).status).toBe(200);
    expect((await person.send("/api/orders/reconcile", { body: {} })).status).toBe(500);
    expect(stage.orders.map(({ command }) => command.name)).toEqual(["stop"]);
  });

  it("looks at the kiosk once for all who look within a second", async () => {
    stage.isJournalGone = false;
    const before = stage.looks;
    await Promise.all(Array.from({ length: 10 }, () => person.send("/api/now")));
    expect(stage.looks - before).toBeLessThanOrEqual(2);
  });
});
