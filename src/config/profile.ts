import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { nearest } from "./nearest.ts";
import type { PlugIns } from "./plug-ins.ts";
import { type Found, listed, sentence, shown } from "./problem.ts";

/** The assemblies that come with the program. */
const ASSEMBLIES = resolve(import.meta.dirname, "../../hw");

/**
 * Puts what a named assembly says in the place of `dispenser: { profile: NAME, … }`, the configuration's own keys
 * over it. Whatever comes of it is checked as if it had been written out.
 */
export function withProfiles(
  config: unknown,
  plugIns: PlugIns,
): { readonly value: unknown; readonly found: readonly Found[] } {
  if (!isRecord(config) || !Array.isArray(config["positions"])) return { value: config, found: [] };
  const found: Found[] = [];
  const positions = config["positions"].map((position: unknown, index) => {
    if (!isRecord(position) || !isRecord(position["dispenser"])) return position;
    const given = position["dispenser"];
    const { profile, ...own } = given;
    const said = readProfile(profile);
    const problem = problemOf(given, said, plugIns);
    if (problem !== null) found.push({ ...problem, path: ["positions", index, "dispenser", ...problem.path] });
    return said === null ? position : { ...position, dispenser: merge(said, own) };
  });
  return { value: { ...config, positions }, found };
}

/** What is wrong with the choice of a driver or a profile, with its path in the dispenser. */
function problemOf(
  given: Record<string, unknown>,
  said: Record<string, unknown> | null,
  { devices }: PlugIns,
): Found | null {
  const drivers = devices.map((each) => each.driver);
  const { profile, driver } = given;
  const profiles = profileNames();
  const choice = `driver, one of ${listed(drivers, "or")}, or profile, one of ${listed(profiles, "or")}`;
  if (profile === undefined && driver === undefined) {
    return { path: [], message: sentence({ found: "neither driver nor profile", expected: choice }) };
  }
  if (profile === undefined) {
    if (typeof driver !== "string" || drivers.includes(driver) || !profiles.includes(driver)) return null;
    const hint = `this is a profile: write profile: ${driver}`;
    return {
      path: ["driver"],
      message: sentence({ found: shown(driver), expected: `one of ${listed(drivers, "or")}`, hint }),
    };
  }
  if (said === null) {
    const near = typeof profile === "string" ? nearest(profile, profiles) : null;
    const isDriver = typeof profile === "string" && drivers.includes(profile);
    const hint = isDriver
      ? `this is a driver: write driver: ${profile}`
      : near === null
        ? undefined
        : `did you mean ${near}?`;
    return {
      path: ["profile"],
      message: sentence({ found: shown(profile), expected: `one of ${listed(profiles, "or")}`, hint }),
    };
  }
  if (driver === undefined || driver === said["driver"]) {
    const eitherOr = devices.find((each) => each.driver === said["driver"])?.eitherOr ?? null;
    return eitherOr === null ? null : mixedKeys(String(profile), said, given, eitherOr);
  }
  const found = `driver ${shown(driver)} beside profile ${shown(profile)}, which has the driver ${String(said["driver"])}`;
  return { path: ["driver"], message: sentence({ found, expected: "one of the two: remove the other" }) };
}

/** What a profile says in one way cannot be taken back by keys of the other. */
function mixedKeys(
  profile: string,
  said: Record<string, unknown>,
  given: Record<string, unknown>,
  { key, ways: [one, other] }: NonNullable<PlugIns["devices"][number]["eitherOr"]>,
): Found | null {
  const [ours, theirs] = [given[key], said[key]];
  if (!isRecord(ours) || !isRecord(theirs) || !(other in ours) || !(one in theirs)) return null;
  const found = `a ${other} beside the ${one} ${String(theirs[one])} that the profile ${profile} has`;
  const expected = `a ${one}, or all of the dispenser written out without the profile`;
  const example = `driver: ${String(said["driver"])} and the keys of hw/${profile}/profile.yaml`;
  return { path: [key], message: sentence({ found, expected, example }) };
}

/** None where the assemblies do not stand beside the program. */
export function profileNames(): readonly string[] {
  if (!existsSync(ASSEMBLIES)) return [];
  return readdirSync(ASSEMBLIES)
    .filter((name) => existsSync(profilePath(name)))
    .sort();
}

/** The folder of an assembly: its README, its wiring, its profile. */
export function assemblyFolder(name: string): string {
  return resolve(ASSEMBLIES, name);
}

function profilePath(name: string): string {
  return resolve(ASSEMBLIES, name, "profile.yaml");
}

/** What an assembly says of its dispenser; null for none of its name. */
export function readProfile(name: unknown): Record<string, unknown> | null {
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
