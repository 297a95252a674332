import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The adapter's name, the same whenever it is plugged in. `unplug` and `plug` are programs in the guest. */
export const ADAPTER = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_kiosk-if00-port0";

/** The other end of the adapter's wire, where a simulator plays the device. */
export const FAR_END = "/dev/ttyS1";

const PATIENCE_MS = 20_000;

/** Waits until the adapter is there, or gone; says whether it is. */
export async function adapterIs(wanted: "there" | "gone"): Promise<boolean> {
  const there = wanted === "there";
  for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(20))
    if (existsSync(ADAPTER) === there) return true;
  return false;
}

/**
 * Waits for the adapter as somebody at the machine would: one that the kernel gave up to name, as it does when the
 * emulator stood still meanwhile, is pulled and put in once more.
 */
export async function adapterComes(): Promise<void> {
  for (let attempt = 1; !(await adapterIs("there")); attempt++) {
    const kernelSays = execFileSync("dmesg", { encoding: "utf8" }).split("\n").slice(-15).join("\n");
    process.stderr.write(`the adapter is not there (${attempt}); the kernel said last:\n${kernelSays}\n`);
    if (attempt === 3) throw new Error(`${ADAPTER} is not there, and did not come by being plugged in anew`);
    execFileSync("unplug");
    await adapterIs("gone");
    execFileSync("plug");
  }
}
