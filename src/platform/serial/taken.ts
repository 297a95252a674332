import { execFile } from "node:child_process";
import { notStarted } from "../programs.ts";
import type { LineSettings } from "./line.ts";

const LOOK_MS = 2_000;
const MOST_BYTES = 16_384;

/**
 * What an open port has not taken of its settings, in a sentence; null when it has taken all, or nobody can tell. Some
 * adapters take a parity or stop bits that they do not have without a word.
 */
export function notTaken(settings: LineSettings): Promise<string | null> {
  const options = { timeout: LOOK_MS, maxBuffer: MOST_BYTES, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  return new Promise((resolve) => {
    const stty = execFile("stty", ["-F", settings.path, "-a"], options, (error, told) => {
      const isHeardBelow = error !== null && "syscall" in error;
      if (!isHeardBelow) resolve(error === null ? difference(settings, told) : null);
    });
    stty.on("error", (error) => {
      resolve(`stty ${notStarted(error, "coreutils")}: whether the port took its settings nobody can tell`);
    });
  });
}

/** @param told by `stty -a` */
export function difference(settings: LineSettings, told: string): string | null {
  const { baudRate, dataBits = 8, parity = "none", stopBits = 1 } = settings;
  const is = new Set(told.split(/[\s;]+/));
  const speed = /speed (\d+) baud/.exec(told)?.[1];
  const bits = /\bcs([5-8])\b/.exec(told)?.[1];
  if (speed === undefined || bits === undefined) return null;
  const kept = is.has("-parenb") ? "none" : is.has("parodd") ? "odd" : "even";
  const asked = inShort(baudRate, dataBits, parity, stopBits);
  const taken = inShort(Number(speed), Number(bits), kept, is.has("-cstopb") ? 1 : 2);
  if (asked === taken) return null;
  return `the port took ${taken} where ${asked} was asked for, which its adapter cannot do: take another adapter, or set device and configuration to what it can`;
}

function inShort(baudRate: number, dataBits: number, parity: string, stopBits: number): string {
  return `${baudRate} baud ${dataBits}${parity.slice(0, 1).toUpperCase()}${stopBits}`;
}
