import { readdirSync, readFileSync } from "node:fs";

/** Of Linux on every machine that Node runs on. */
const TICK_MS = 10;

/** Processor time that a process has used, its own and the kernel's for it. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Processor time that the whole machine has used, whoever used it. */
export function machineCpuMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq) * TICK_MS;
}

export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_000;
}

export function openFiles(pid: number): { readonly open: number; readonly limit: number } {
  const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
  return { open: readdirSync(`/proc/${pid}/fd`).length, limit: Number(/Max open files\s+(\d+)/.exec(limits)?.[1]) };
}
