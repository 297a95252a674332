import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GpioError } from "../../../src/platform/gpio/gpio.ts";
import { type CountedLine, findByConsumer, findByRequest } from "../../../src/platform/gpio/interrupt-count.ts";
import { interruptTable, parseProcInterrupts } from "../../../src/platform/gpio/interrupt-table.ts";
import { FakeKernel } from "./fake-kernel.ts";

const lineOn = (chipLabel: string): CountedLine => ({
  description: "pin 11",
  chipLabel,
  offset: 17,
  consumer: "gpiolib",
});
type Row = readonly [irq: number, chipName: string, hwirq: number, actions: string];

/** The interrupts as they are without our request, and with it. */
function search(chipLabel: string, without: readonly Row[], withRequest: readonly Row[], requestedBefore: boolean) {
  const kernel = new FakeKernel();
  const be = (rows: readonly Row[]): void => {
    for (const row of rows) kernel.interrupt(...row);
  };
  let touched = 0;
  kernel.interrupt(1, "", "", "");
  be(requestedBefore ? withRequest : without);
  const edge = {
    request: () => be(withRequest),
    giveBack: () => {
      touched += 1;
      be(without);
    },
  };
  const { irq } = findByRequest(interruptTable(kernel.root), lineOn(chipLabel), edge);
  return { irq, touched };
}

const mine: Row = [170, "pinctrl-bcm2835", 17, "gpiolib"];
const idle: Row = [170, "pinctrl-bcm2835", 17, ""];
const twin: Row = [171, "pinctrl-bcm2835", 17, "gpiolib"];
const serial: Row = [4, "GICv3", 17, "ttyS0"];
const foreign: Row = [5, "other-chip", 17, "gpiolib"];
const unknownMine: Row = [170, "new-chip", 17, "gpiolib"];
const unknownIdle: Row = [170, "new-chip", 17, ""];

describe("the interrupt of a line", () => {
  it.each([
    ["appears with the request", "pinctrl-bcm2711", [serial, foreign], [serial, foreign, mine], false, 0],
    ["appears beside one of another chip of its kind", "pinctrl-bcm2835", [twin, idle], [twin, mine], false, 0],
    [
      "was requested before, and is left alone",
      "pinctrl-bcm2711",
      [serial, foreign, idle],
      [serial, foreign, mine],
      true,
      0,
    ],
    [
      "was requested before, as was one of its kind: given back for a moment",
      "pinctrl-bcm2835",
      [twin, idle],
      [twin, mine],
      true,
      1,
    ],
    [
      "was requested before on a chip that nobody knows: given back for a moment",
      "new-chip",
      [foreign, unknownIdle],
      [foreign, unknownMine],
      true,
      1,
    ],
  ] as const)("%s", (_, label, without, withRequest, before, givenBack) => {
    expect(search(label, without, withRequest, before)).toEqual({ irq: 170, touched: givenBack });
  });

  it.each([
    ["none appears", "pinctrl-rp1", [serial, idle], [serial, idle]],
    ["it is of another chip than the line", "pinctrl-rp1", [idle], [mine]],
    ["two appear at once", "pinctrl-bcm2835", [], [mine, twin]],
    ["what was there before does not go away", "new-chip", [foreign], [foreign]],
  ] as const)("is refused when %s", (_, label, without, withRequest) => {
    expect(() => search(label, without, withRequest, false)).toThrow(GpioError);
    expect(() => search(label, without, withRequest, false)).toThrow(
      /pin 11: (no interrupt|the interrupts 17[01], 17[01]) of/,
    );
  });

  it("is the only one under a consumer's name of its own", () => {
    const kernel = new FakeKernel();
    kernel.interrupt(170, "pinctrl-rp1", 17, "kioskd-9-line-1");
    kernel.interrupt(171, "pinctrl-rp1", 17, "kioskd-9-line-10");
    const line = { ...lineOn("pinctrl-rp1"), consumer: "kioskd-9-line-1" };
    expect(findByConsumer(interruptTable(kernel.root), line).irq).toBe(170);
  });
});

describe("counts of interrupts", () => {
  it("are summed over the processors, modulo 2^32", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 8 }), (counts) => {
        const text = `${counts.map((_, cpu) => `CPU${cpu}`).join(" ")}\n 9: ${counts.join(" ")} chip 3 Edge gpiolib`;
        const expected = Number(counts.reduce((sum, count) => sum + BigInt(count), 0n) % 2n ** 32n);
        expect(parseProcInterrupts(text)).toEqual([
          { irq: 9, chipName: "chip", hwirq: 3, actions: ["gpiolib"], count: expected },
        ]);
      }),
    );
  });

  it("come from /proc/interrupts where there is no /sys/kernel/irq", () => {
    const kernel = new FakeKernel();
    const arm = [
      "           CPU0       CPU1       CPU2       CPU3       ",
      " 26:      12345          6          0          0     GICv2  65 Level     fe00b880.mailbox",
      " 57:          7          0          5          0  pinctrl-bcm2835  17 Edge      gpiolib",
      " 58:          7          0          5          0  BRCM STB PCIe MSI 524288 Edge      xhci_hcd, other",
      " 59:          0          0          0          0  pinctrl-bcm2835  27 Edge    ",
      "IPI0:     35489      37391      40318      37391  Rescheduling interrupts",
      "Err:          0",
      "",
    ].join("\n");
    kernel.write("proc/interrupts", arm);
    const table = interruptTable(kernel.root);
    expect(parseProcInterrupts(arm).map(({ irq, chipName, hwirq }) => [irq, chipName, hwirq])).toEqual([
      [26, "GICv2", 65],
      [57, "pinctrl-bcm2835", 17],
      [58, "BRCM STB PCIe MSI", 524288],
      [59, "pinctrl-bcm2835", 27],
    ]);
    expect(findByConsumer(table, lineOn("pinctrl-bcm2711")).irq).toBe(57);
    const open = table.open(57);
    expect(open.read()).toMatchObject({ count: 12, actions: ["gpiolib"] });
    kernel.write("proc/interrupts", arm.replace("7          0          5", "8          0          5"));
    expect(open.read()).toMatchObject({ count: 13 });
    open.close();
  });
});
