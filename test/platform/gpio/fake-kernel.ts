import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../../support/temp.ts";

/** A folder that stands for / with as much of /sys and /proc as a test needs. */
export class FakeKernel {
  readonly root = tempFolder();

  write(path: string, content: string): void {
    mkdirSync(join(this.root, path, ".."), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  chip(label: string, base: number, lines: number): void {
    this.write("sys/class/gpio/export", "");
    for (const [name, content] of Object.entries({ label, base, ngpio: lines })) {
      this.write(`sys/class/gpio/gpiochip${base}/${name}`, `${content}\n`);
    }
  }

  exported(number: number, files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files))
      this.write(`sys/class/gpio/gpio${number}/${name}`, `${content}\n`);
  }

  interrupt(irq: number, chipName: string, hwirq: number | "", actions: string, counts = "0,0"): void {
    const files = { chip_name: chipName, hwirq, actions, per_cpu_count: counts };
    for (const [name, content] of Object.entries(files)) this.write(`sys/kernel/irq/${irq}/${name}`, `${content}\n`);
  }
}
