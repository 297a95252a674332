import { renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { knowEachTest } from "../../support/at-end.ts";
import { any, hasSocat, lineRig, request, until } from "./rig.ts";

knowEachTest();

/** Within this what would be waited for much longer is given up at once, on a busy machine too. */
const NOT_WAITED_OUT_MS = 20_000;

describe.skipIf(!hasSocat)("a serial line", () => {
  it("asks one thing at a time, in the order of asking, and tells in its turn", async () => {
    const { line, plug } = lineRig();
    const log: string[] = [];
    await plug((text, answer) => {
      log.push(`got ${text}`);
      if (text === "told") return;
      setTimeout(() => {
        log.push(`answered ${text}`);
        answer(`${text}!\r\n`);
      }, 20);
    });
    const [one, two, told, three] = await Promise.all([
      line.ask(request("one"), any, 10_000),
      line.ask(request("two"), any, 10_000),
      line.tell(request("told")),
      line.ask(request("three"), any, 10_000),
    ]);
    expect([one, two, told, three]).toEqual([
      { kind: "done", value: "one!" },
      { kind: "done", value: "two!" },
      { kind: "done", value: null },
      { kind: "done", value: "three!" },
    ]);
    expect(log).toEqual(
      ["got one", "answered one", "got two", "answered two", "got told", "got three", "answered three"], //
    );
  });

  it("hands to the listener what is no answer", async () => {
    const { line, frames, plug } = lineRig();
    const { device } = await plug((_, answer) => answer("news 1\nOK\n"));
    device.write(request("news 0"));
    await until(() => frames.length === 1);
    const answered = await line.ask(request("?"), (frame) => (frame.startsWith("OK") ? frame : undefined), 10_000);
    expect(answered).toEqual({ kind: "done", value: "OK" });
    expect(frames).toEqual(["news 0", "news 1"]);
  });

  it("keeps the start of a line that is on its way, and forgets one that stopped half way", async () => {
    const { line, frames, plug, timeless } = lineRig();
    const { device } = await plug((text, answer) => answer(text === "soon" ? "s 1\nOK\n" : "OK\n"));
    const ok = (frame: string): string | undefined => (frame === "OK" ? frame : undefined);
    const soon = await timeless(async () => {
      device.write(Buffer.from("new"));
      await sleep(10);
      return line.ask(request("soon"), ok, 10_000);
    });
    expect(soon).toMatchObject({ kind: "done" });
    expect(frames).toEqual(["news 1"]);
    device.write(Buffer.from("half a l"));
    // Long after it has come, on a busy machine too.
    await sleep(2_000);
    expect(await line.ask(request("later"), ok, 10_000)).toMatchObject({ kind: "done" });
  });

  it("does not take a late answer for the next one's", async () => {
    const { line, plug } = lineRig({ gapMs: 5 });
    await plug((text, answer) => {
      setTimeout(() => answer(`${text}!\n`), text === "slow" ? 1_500 : 0);
    });
    const [slow, next] = await Promise.all([
      line.ask(request("slow"), any, 100),
      line.ask(request("next"), any, 10_000),
    ]);
    expect(slow).toMatchObject({ kind: "unknown", detail: expect.stringContaining("no answer within 100 ms") });
    expect(next).toEqual({ kind: "done", value: "next!" });
  });

  it("with a gap drops what came unasked before a request, also what nobody had read yet", async () => {
    const { line, plug } = lineRig({ gapMs: 5 });
    const { device } = await plug((text, answer) => answer(`${text}!\n`));
    device.write(request("stale"));
    const blockedUntilMs = performance.now() + 50;
    await sleep(5);
    while (performance.now() < blockedUntilMs);
    expect(await line.ask(request("fresh"), any, 10_000)).toEqual({ kind: "done", value: "fresh!" });
  });

  it("lets no more than so many wait", async () => {
    const { line, plug } = lineRig();
    await plug((text, answer) => answer(`${text}!\n`));
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, i) => line.ask(request(String(i)), any, 30_000)));
    const kinds = outcomes.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "done")).toHaveLength(32);
    expect(kinds.slice(32)).toEqual(Array(18).fill("unknown"));
  });

  it("survives answers that cannot be understood at all", async () => {
    const { line, plug } = lineRig();
    await plug((text, answer) => answer(`${text}!\n`));
    const broken = await line.ask(
      request("?"),
      () => {
        throw new Error("no idea");
      },
      1_000,
    );
    expect(broken.kind).toBe("unknown");
    expect(await line.ask(request("next"), any, 10_000)).toMatchObject({ value: "next!" });
  });
});

describe.skipIf(!hasSocat)("a serial line that is lost", { concurrent: true }, () => {
  it("is unknown at once without a device, and works when one comes", async () => {
    const { line, links, plug } = lineRig();
    await until(() => links.length === 2);
    expect(links).toEqual([
      expect.stringContaining("being opened"),
      expect.stringContaining("no such device: plug it in, or correct the path"),
    ]);
    const startMs = performance.now();
    expect(await line.ask(request("?"), any, 60_000)).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("plug.host: there is no such device: plug it in"),
    });
    expect((await line.tell(request("?"))).kind).toBe("unknown");
    expect(performance.now() - startMs).toBeLessThan(NOT_WAITED_OUT_MS);
    await plug((text, answer) => answer(`${text}!\n`));
    expect(links.at(-1)).toBe("up");
    expect(await line.ask(request("?"), any, 10_000)).toEqual({ kind: "done", value: "?!" });
  });

  it("answers unknown quickly when unplugged in the middle of requests, and goes on when plugged in again", async () => {
    const { line, links, plug } = lineRig();
    for (let round = 1; round <= 3; round++) {
      const { pair } = await plug((text, answer) => text === "hello" && answer("hello!\n"));
      expect(await line.ask(request("hello"), any, 10_000)).toMatchObject({ value: "hello!" });
      const asked = [line.ask(request("1"), any, 60_000), line.ask(request("2"), any, 60_000), line.tell(request("3"))];
      await sleep(20);
      const startMs = performance.now();
      await pair.unplug();
      expect((await Promise.all(asked)).map(({ kind }) => kind)).toEqual(["unknown", "unknown", "unknown"]);
      expect(performance.now() - startMs).toBeLessThan(NOT_WAITED_OUT_MS);
      expect(line.up).toBe(false);
      expect(links.filter((link) => link === "up")).toHaveLength(round);
    }
  });

  it("is noticed by its name, should the port not tell of it", async () => {
    const { line, links, plug } = lineRig();
    const { pair } = await plug(() => undefined);
    const asked = line.ask(request("?"), any, 60_000);
    renameSync(pair.host, `${pair.host}.away`);
    expect(await asked).toMatchObject({ kind: "unknown", detail: expect.stringContaining("plug it in") });
    renameSync(`${pair.host}.away`, pair.host);
    await until(() => line.up);
    expect(links.filter((link) => link === "up")).toHaveLength(2);
  });

  it("is opened anew when the device has been silent for too long", async () => {
    const { line, links, plug } = lineRig({ silenceMs: 200 });
    let deaf = true;
    await plug((text, answer) => !deaf && answer(`${text}!\n`));
    const kinds: string[] = [];
    while (line.up) kinds.push((await line.ask(request("?"), any, 40)).kind);
    expect(new Set(kinds)).toEqual(new Set(["unknown"]));
    expect(links.at(-1)).toContain("not one answer in 200 ms");
    deaf = false;
    await until(() => line.up);
    expect(await line.ask(request("?"), any, 10_000)).toMatchObject({ value: "?!" });
  });

  it("is never opened anew for silence when that is switched off, nor while nobody asks", async () => {
    const { line, links, plug } = lineRig({ silenceMs: null });
    await plug(() => {});
    for (let round = 0; round < 5; round++) await line.ask(request("?"), any, 20);
    expect(line.up).toBe(true);
    expect(links.filter((link) => link === "up")).toHaveLength(1);
  });

  it("closes in the middle of a request, and opens no more", async () => {
    const { line, links, plug } = lineRig();
    await plug(() => {});
    const asked = line.ask(request("?"), any, 10_000);
    await sleep(10);
    await line.close();
    expect(await asked).toMatchObject({ kind: "unknown", detail: expect.stringContaining("closed") });
    expect(line.up).toBe(false);
    const before = links.length;
    await sleep(300);
    expect(links).toHaveLength(before);
    expect((await line.ask(request("?"), any, 1_000)).kind).toBe("unknown");
  });

  it("closes while it is being opened", async () => {
    const { line } = lineRig();
    await line.close();
    await line.close();
    expect(line.up).toBe(false);
  });
});

describe.skipIf(!hasSocat)("a serial line full of garbage", () => {
  for (const gapMs of [0, 10]) {
    it(`stays bounded while 10 MB come in, gap ${gapMs} ms`, async () => {
      const { line, plug } = lineRig({ gapMs, silenceMs: null });
      let flooding = true;
      const { device } = await plug((text, answer) => !flooding && answer(`${text}!\n`));
      const noise = Buffer.alloc(10_000, 0xa5);
      const before = process.memoryUsage().rss;
      let most = before;
      const flood = (async () => {
        for (let sent = 0; sent < 1_000; sent++) {
          device.write(noise);
          if (sent % 4 === 0) await sleep(1);
        }
      })();
      const kinds: string[] = [];
      const endMs = performance.now() + 400;
      while (performance.now() < endMs || kinds.length < 4) {
        kinds.push((await line.ask(request("?"), any, 30)).kind);
        most = Math.max(most, process.memoryUsage().rss);
      }
      await flood;
      flooding = false;
      expect(kinds.length).toBeGreaterThan(3);
      expect(new Set(kinds)).toEqual(new Set(["unknown"]));
      // The simulator's own queue of what it has still to write is in this figure too.
      expect(most - before).toBeLessThan(60_000_000);
      await sleep(200);
      device.write(Buffer.from("\n"));
      await until(() => line.up);
      let answered = await line.ask(request("?"), any, 500);
      for (let tries = 0; tries < 60 && answered.kind !== "done"; tries++) {
        answered = await line.ask(request("?"), any, 500);
      }
      expect(answered).toMatchObject({ value: "?!" });
    });
  }
});
