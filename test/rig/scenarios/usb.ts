// guest: --usb-serial
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { openSimulatorPort } from "../../../src/devices/bench/port.ts";
import { Figures } from "../support/figures.ts";
import { ADAPTER, adapterComes, adapterIs, FAR_END } from "../support/serial.ts";

// The rig's own wire: bytes both ways, and a plug that is pulled and put back.
const PATIENCE_MS = 15_000;
const figures = new Figures();

async function carries(word: string): Promise<string> {
  const settings = { baudRate: 9_600 };
  const near = await openSimulatorPort({ path: ADAPTER, ...settings });
  const far = await openSimulatorPort({ path: FAR_END, ...settings });
  let heardFar = "";
  let heardNear = "";
  far.onBytes((bytes) => {
    heardFar += Buffer.from(bytes).toString();
    if (heardFar === word) far.write(Buffer.from(word));
  });
  near.onBytes((bytes) => {
    heardNear += Buffer.from(bytes).toString();
  });
  near.write(Buffer.from(word));
  for (const endMs = performance.now() + PATIENCE_MS; heardNear !== word && performance.now() < endMs; )
    await sleep(20);
  await Promise.all([near.close(), far.close()]);
  return heardNear;
}

await adapterComes();
figures.require("comes back over the wire", await carries("hello"), "hello");
for (const round of [1, 2]) {
  execFileSync("unplug");
  figures.require(`unplugged (${round}), the adapter is`, (await adapterIs("gone")) ? "gone" : "there", "gone");
  execFileSync("plug");
  await adapterComes();
  figures.require("comes back over the wire", await carries(`again ${round}`), `again ${round}`);
}
figures.end();
