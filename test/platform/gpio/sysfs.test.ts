import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { GpioError } from "../../../src/platform/gpio/gpio.ts";
import { chooseBackend } from "../../../src/platform/gpio/open.ts";
import { outputsOff } from "../../../src/platform/gpio/outputs-off.ts";
import { findSysfsLine } from "../../../src/platform/gpio/sysfs/chips.ts";
import { CloseList } from "../../../src/platform/gpio/sysfs/close-list.ts";
import { attempt } from "../../../src/platform/gpio/sysfs/exported.ts";
import { SysfsGpio } from "../../../src/platform/gpio/sysfs/sysfs.ts";
import { SILENT } from "../../support/silent-log.ts";
import { FakeKernel } from "./fake-kernel.ts";

const noLine = (): never => {
  throw new Error("no line should be opened");
};

const unlisted = (root: string) => ({ root, headerChip: null, closeList: new CloseList(null) });

describe("a line's number in sysfs", () => {
  it.each([
    ["a Raspberry Pi 3 before kernel 6.6", [["pinctrl-bcm2835", 0, 54]], "pin 11", 17],
    [
      "a Raspberry Pi 4",
      [
        ["raspberrypi-exp-gpio", 570, 8],
        ["pinctrl-bcm2711", 512, 58],
      ],
      "pin 11",
      529,
    ],
    [
      "a Raspberry Pi 5",
      [
        ["gpio-brcmstb@107d508500", 512, 32],
        ["pinctrl-rp1", 571, 54],
      ],
      "GPIO17",
      588,
    ],
    [
      "a line by its chip",
      [
        ["pinctrl-rp1", 571, 54],
        ["mcp23017", 900, 16],
      ],
      "mcp23017:15",
      915,
    ],
  ] as const)("on %s", (_, chips, text, expected) => {
    const kernel = new FakeKernel();
    for (const [label, base, lines] of chips) kernel.chip(label, base, lines);
    expect(findSysfsLine(kernel.root, text, null).number).toBe(expected);
  });

  it("is on the chip that is said to play the header", () => {
    const kernel = new FakeKernel();
    kernel.chip("gpio-sim.rig", 1016, 32);
    expect(findSysfsLine(kernel.root, "pin 11", "gpio-sim.rig").number).toBe(1033);
    expect(() => findSysfsLine(kernel.root, "pin 11", null)).toThrow(
      /no Raspberry Pi's pin controller.*gpio-sim[.]rig/,
    );
  });

  it.each([
    ["pinctrl-rp1:54", /has lines 0 to 53/],
    ["GPIO28", /has GPIO0 to GPIO27.*label:offset/],
    ["VALVE", /knows no names/],
    ["other:1", /no chip called other.*pinctrl-rp1 \(54 lines\), twin \(8 lines\)/],
    ["twin:1", /2 chips are called twin/],
  ] as const)("%s is refused", (text, says) => {
    const kernel = new FakeKernel();
    kernel.chip("pinctrl-rp1", 571, 54);
    kernel.chip("twin", 700, 8);
    kernel.chip("twin", 800, 8);
    expect(() => findSysfsLine(kernel.root, text, null)).toThrow(GpioError);
    expect(() => findSysfsLine(kernel.root, text, null)).toThrow(says);
  });

  it("a kernel without GPIO in sysfs is refused with what to use, and `auto` does not choose it", () => {
    const { root } = new FakeKernel();
    expect(() => findSysfsLine(root, "GPIO17", null)).toThrow(/no GPIO in sysfs. Use the backend libgpiod/);
    expect(chooseBackend({ backend: "auto", root })).toBe("libgpiod");
  });
});

describe("lines by sysfs", () => {
  const line = { number: 588, chipLabel: "pinctrl-rp1", offset: 17, description: "pin 11 (pinctrl-rp1:17)" };

  it.each([
    ["EBUSY", /pin 11.*in use by another.*gpioinfo/],
    ["EACCES", /not permitted.*group `gpio`/],
    ["EROFS", /read-only.*ReadWritePaths/],
    ["EXDEV", /it cannot be used.*EXDEV/],
  ])("%s says what to do", (code, says) => {
    const fail = (): never => {
      throw Object.assign(new Error(code), { code });
    };
    expect(() => attempt(line, fail)).toThrow(GpioError);
    expect(() => attempt(line, fail)).toThrow(says);
  });

  function kernelWith(files: Readonly<Record<string, string>>): FakeKernel {
    const kernel = new FakeKernel();
    kernel.chip("pinctrl-rp1", 571, 54);
    kernel.exported(588, files);
    kernel.write("proc/sys/kernel/random/boot_id", "b00t\n");
    return kernel;
  }

  it("takes over a counter that an earlier process left counting, without touching its edge", async () => {
    const kernel = kernelWith({ direction: "in", value: "0", active_low: "0", edge: "rising" });
    kernel.interrupt(170, "pinctrl-rp1", 17, "gpiolib", "4294967295,3");
    const gpio = new SysfsGpio(unlisted(kernel.root), noLine, systemClock(), SILENT);
    const counter = await gpio.counter("pin 11");
    expect(counter.bootId).toBe("b00t");
    expect(counter.read()).toEqual({ kind: "done", value: 2 });
    kernel.interrupt(170, "pinctrl-rp1", 17, "", "4294967295,4");
    expect(counter.read()).toMatchObject({ kind: "unknown", detail: expect.stringContaining("nobody counts") });
    await gpio.close();
  });

  it("refuses a counter whose chip has no interrupts, and one whose interrupt is not to be found", async () => {
    const none = kernelWith({ direction: "in", value: "0", active_low: "0" });
    const gpio = new SysfsGpio(unlisted(none.root), noLine, systemClock(), SILENT);
    await expect(gpio.counter("pin 11")).rejects.toThrow(/pin 11.*has no interrupts/);
    const unseen = kernelWith({ direction: "in", value: "0", active_low: "0", edge: "none" });
    unseen.interrupt(4, "GICv3", 17, "gpiolib");
    const other = new SysfsGpio(unlisted(unseen.root), noLine, systemClock(), SILENT);
    await expect(other.counter("pin 11")).rejects.toThrow(/no interrupt.*could be the line's/);
  });

  it("refuses an output that does not become one", async () => {
    const kernel = kernelWith({ direction: "in", value: "0", active_low: "0", edge: "none" });
    kernel.remove("sys/class/gpio/gpio588/direction");
    const gpio = new SysfsGpio(unlisted(kernel.root), noLine, systemClock(), SILENT);
    await expect(gpio.output("pin 11")).rejects.toThrow(/direction should have become out and is/);
  });

  it("writes the inactive level of each output that is to be off, and tells of those that did not become outputs", async () => {
    const kernel = kernelWith({ direction: "out", value: "1", active_low: "1", edge: "none" });
    const off = (activeLow: boolean) =>
      outputsOff(
        [
          { line: "pin 6", activeLow },
          { line: "pin 11", activeLow },
        ],
        { backend: "auto", root: kernel.root },
        systemClock(),
      );
    for (const [activeLow, level] of [
      [true, "high"],
      [false, "low"],
    ] as const) {
      expect((await off(activeLow)).map(({ line, detail }) => `${line}: ${detail}`)).toEqual([
        expect.stringContaining("ground"),
        expect.stringContaining(`should have become out and is ${level}`),
      ]);
    }
  });
});
