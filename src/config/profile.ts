import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import type { Problem } from "./problem.ts";

/** The assemblies that come with the program. */
const ASSEMBLIES = resolve(import.meta.dirname, "../../hw");

/**
 * Puts what a named assembly says in the place of `dispenser: { profile: NAME, … }`, the configuration's own keys
 * over it. Whatever comes of it is checked as if it had been written out.
 */
export function withProfiles(config: unknown, found: Omit<Problem, "line">[]): unknown {
  if (!isRecord(config) || !Array.isArray(config["positions"])) return config;
  const positions = config["positions"].map((position: unknown, index) => {
    if (!isRecord(position) || !isRecord(position["dispenser"])) return position;
    const { profile, ...own } = position["dispenser"];
    if (profile === undefined) return position;
    const said = readProfile(profile);
    if (said !== null) return { ...position, dispenser: merge(said, own) };
    const message = `expected one of ${profileNames().join(", ")}, not "${String(profile)}"`;
    found.push({ path: ["positions", index, "dispenser", "profile"], message });
    return position;
  });
  return { ...config, positions };
}

export function profileNames(): readonly string[] {
  return readdirSync(ASSEMBLIES)
    .filter((name) => existsSync(profilePath(name)))
    .sort();
}

function profilePath(name: string): string {
  return resolve(ASSEMBLIES, name, "profile.yaml");
}

function readProfile(name: unknown): Record<string, unknown> | null {
  if (typeof name !== "string" || !profileNames().includes(name)) return null;
  const document: unknown = parse(readFileSync(profilePath(name), "utf8"));
  return isRecord(document) ? document : null;
}

function merge(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = Object.entries(above).map(([key, value]) => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    return [key, isRecord(under) && isRecord(value) ? merge(under, value) : value] as const;
  });
  // Not by assignment: a key called __proto__ is to be found, and refused, as any other that is unknown.
  return Object.fromEntries([...Object.entries(below), ...merged]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
