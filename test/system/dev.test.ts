import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeConfig } from "../support/config.ts";
import { DaemonProcess } from "../support/daemon.ts";
import { tempFolder } from "../support/temp.ts";

const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

it("npm run dev has the daemon run from its sources, the journal's thread and the page included", async () => {
  const [, command = ""] = scripts.dev.split(" && ");
  // Without the watcher, which restarts but does nothing else, the process started is the daemon itself.
  const [node, ...program] = command.split(" ").filter((word: string) => word !== "--watch");
  expect(node).toBe("node");
  const daemon = new DaemonProcess(writeConfig(tempFolder(), { endpoint: "http://127.0.0.1:9/" }), {}, program);
  const page = await fetch(`${await daemon.serving()}/`);
  expect(await page.text()).toMatch(/<script [^>]*src="[/]index-/);
  await daemon.kill("SIGTERM");
  expect(daemon.child.exitCode).toBe(0);
  expect(daemon.log.filter((line) => line.includes("not built"))).toEqual([]);
});
