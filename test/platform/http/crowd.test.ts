import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTestDisplay } from "../../displays/web/support.ts";
import { tempFolder } from "../../support/temp.ts";
import { followEvents, holdCrowd, LOOPBACK, otherAddress, pressStop, STRANGERS, TOKEN } from "./crowd.ts";

const OTHER = otherAddress();

/** With a page whose script is about as large as the real one. */
async function startGuarded() {
  const folder = tempFolder();
  writeFileSync(join(folder, "index.html"), "<p>");
  writeFileSync(join(folder, "page.js"), Buffer.alloc(200_000, "x"));
  const pageRoot = pathToFileURL(`${folder}/`);
  const kiosk = await startTestDisplay({ host: "0.0.0.0", token: TOKEN, pageRoot });
  onTestFinished(() => kiosk.display.close());
  return kiosk;
}

const ROWS: readonly (readonly [who: string, strangersAt: string, pageAt: string])[] = [
  ...Object.keys(STRANGERS).map((who) => [who, LOOPBACK, LOOPBACK] as const),
  ["who say nothing", OTHER, LOOPBACK],
  ["who say nothing", LOOPBACK, OTHER],
  ["who say nothing", OTHER, OTHER],
];

describe("the page is served", () => {
  it.each(ROWS)("among 200 strangers %s at %s, itself at %s", async (who, strangersAt, pageAt) => {
    const { port, pressed, drops } = await startGuarded();
    const page = followEvents(pageAt, port);
    onTestFinished(() => page.close());
    await expect.poll(() => page.pieces).toBeGreaterThan(0);
    const crowd = holdCrowd(strangersAt, port, 200, STRANGERS[who] ?? (() => {}));
    await expect.poll(crowd.opened).toBeGreaterThanOrEqual(200);
    const answers: (number | string)[] = [];
    for (let press = 0; press < 5; press += 1) {
      answers.push(await pressStop(pageAt, port));
      await sleep(50);
    }
    expect(answers).toEqual([202, 202, 202, 202, 202]);
    expect(pressed).toHaveLength(5);
    expect(page.isOver).toBe(false);
    const heard = page.pieces;
    await expect.poll(() => page.pieces).toBeGreaterThan(heard);
    expect(drops.filter((reason) => reason.startsWith("follower") || reason === "not-reading")).toEqual([]);
  });

  it("when those who are known hold all places", async () => {
    const { port, drops } = await startGuarded();
    const ask = `GET /api/state HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
    holdCrowd(LOOPBACK, port, 200, (socket) => void socket.resume().write(ask));
    await expect.poll(() => drops.length).toBeGreaterThan(50);
    expect(await pressStop(LOOPBACK, port)).toBe(202);
    expect(await pressStop(OTHER, port)).toBe(202);
  });
});

it("what was dropped is counted, and told of once a minute at most", async () => {
  const { port, drops, logged } = await startGuarded();
  holdCrowd(LOOPBACK, port, 300, () => {});
  await expect.poll(() => drops.length).toBeGreaterThan(170);
  expect(new Set(drops)).toEqual(new Set(["displaced"]));
  expect(logged.filter((message) => message.startsWith("Connections were dropped"))).toHaveLength(1);
});
