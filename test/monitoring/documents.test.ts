import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { HealthMessage } from "../../src/core/operator/messages.ts";
import type { FaultsMessage, StatusMessage } from "../../src/telemetry/mqtt/message-schema.ts";
import type { SaleMessage } from "../../src/telemetry/mqtt/record-schema.ts";
import { TOPICS } from "../../src/telemetry/mqtt/topics.ts";
import { needs } from "../support/components.ts";
import { PAID } from "../support/sale-fixtures.ts";
import { tempFolder } from "../support/temp.ts";
import { fullScrape } from "./scrape.ts";
import { type Family, parseText } from "./text-format.ts";

const PROMTOOL = "/usr/bin/promtool";
const PYTHON = "/usr/bin/python3";
const DOCS = join(import.meta.dirname, "../../docs/monitoring");
const read = (name: string): string => readFileSync(join(DOCS, name), "utf8");

let text: string;
let families: ReadonlyMap<string, Family>;

beforeAll(async () => {
  text = await fullScrape();
  families = parseText(text);
});

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string; readonly datasource: unknown }[];
  }[];
}

const dashboard = JSON.parse(read("grafana.json")) as Dashboard;
const expressionsOfDashboard = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

const rules = (parse(read("alerts.yml")).groups as { rules: { alert: string; expr: string }[] }[]).flatMap(
  (group) => group.rules,
);
const expressionsOfAlerts = rules.map(({ alert, expr }) => [alert, expr] as const);

/** What an expression takes from kiosks: names with the labels that it names for each. */
function selected(expr: string): { readonly name: string; readonly matchers: readonly [string, string][] }[] {
  return [...expr.matchAll(/\b((?:kioskd|process)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = "", inside = ""]) => ({
    name,
    matchers: [...inside.matchAll(/(\w+)(?:=~|!=|!~|=)"([^"]*)"/g)].map(([, label = "", value = ""]) => [label, value]),
  }));
}

/** The labels that a series has when it is stored: the kiosk's own and those that the scrape adds. */
function labelsOf(name: string): ReadonlySet<string> | null {
  const samples = [...families.values()].flatMap((family) => family.samples).filter((sample) => sample.name === name);
  if (samples.length === 0) return null;
  return new Set(["instance", ...samples.flatMap(({ labels }) => Object.keys(labels))]);
}

describe.each([
  ["grafana.json", expressionsOfDashboard],
  ["alerts.yml", expressionsOfAlerts],
])("%s", (_file, expressions) => {
  it.each(expressions)("asks in %s for what a kiosk has", (_title, expr) => {
    const asked = selected(expr);
    expect(asked).not.toEqual([]);
    const known = new Set(asked.flatMap(({ name }) => [...(labelsOf(name) ?? [])]));
    for (const { name, matchers } of asked) {
      const labels = labelsOf(name);
      expect(labels, name).not.toBeNull();
      for (const [label] of matchers) expect(labels, `${label} of ${name}`).toContain(label);
    }
    for (const [, names = ""] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
      for (const label of names.split(/, */)) expect(known).toContain(label);
    }
  });
});

describe("grafana.json", () => {
  it("shows everything that a kiosk has", () => {
    const names = new Set(expressionsOfDashboard.flatMap(([, expr]) => selected(expr).map(({ name }) => name)));
    const shown = (family: Family) => family.samples.some(({ name }) => names.has(name));
    const hidden = [...families.values()].filter((family) => !shown(family)).map(({ name }) => name);
    expect(hidden).toEqual(["kioskd_events_ignored_total"]);
  });

  it("takes its data source from its variable, in every panel", () => {
    expect(dashboard.templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
    for (const { targets } of dashboard.panels) {
      for (const { datasource } of targets) expect(datasource).toEqual({ type: "prometheus", uid: `$\{datasource}` });
    }
  });

  it("has panels that do not lie on each other", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });
});

describe("alerts.yml", () => {
  const readme = read("README.md");
  const played = readFileSync(join(import.meta.dirname, "alerts.yml"), "utf8");

  it.each(rules.map(({ alert }) => alert))("has %s explained and played", (alert) => {
    expect(readme).toContain(`| \`${alert}\``);
    expect(played).toContain(`alertname: ${alert}`);
  });
});

it("README.md names all that a kiosk has, and its labels", () => {
  const rows = [...read("README.md").matchAll(/^\| `((?:kioskd|process)_\w+)` +\|([^|]*)\|/gm)];
  const told = rows.map(([, name = "", labels = ""]) => [
    name,
    [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  ]);
  const had = [...families.values()].map(({ name, samples }) => {
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== "le"));
    return [name, [...labels]];
  });
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(had));
});

describe.runIf(needs("prometheus", PROMTOOL))("promtool", () => {
  const promtool = (args: readonly string[], input = ""): string =>
    execFileSync(PROMTOOL, args, { input, encoding: "utf8", stdio: "pipe" });

  it("finds nothing wrong in what a kiosk tells", () => {
    expect(promtool(["check", "metrics"], text)).toBe("");
  });

  it("finds nothing wrong in the rules", () => {
    expect(promtool(["check", "rules", join(DOCS, "alerts.yml")])).toContain(`${rules.length} rules found`);
  });

  it("understands the dashboard's expressions", () => {
    const records = expressionsOfDashboard.map(([, expr], index) => ({
      record: `panel_${index}`,
      expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
    }));
    const file = join(tempFolder(), "dashboard.json");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: records }] }));
    expect(promtool(["check", "rules", file])).toContain(`${records.length} rules found`);
  });

  it("sees every alert fire when it must, and none at a kiosk that is well", () => {
    expect(promtool(["test", "rules", join(import.meta.dirname, "alerts.yml")])).toContain("SUCCESS");
  });
});

interface Consumer {
  readonly topics: readonly string[];
  readonly qos: number;
  readonly topic_parsing: readonly { readonly topic: string; readonly tags: string }[];
  readonly json_v2: readonly {
    readonly timestamp_path?: string;
    readonly field?: readonly { readonly path: string; readonly optional?: boolean }[];
    readonly tag?: readonly { readonly path: string }[];
    readonly object?: readonly { readonly path: string; readonly included_keys?: readonly string[] }[];
  }[];
}

/** What the kiosk publishes, by topic. */
const SAMPLES = {
  status: { state: "online", version: "1.2.3", since: "2026-11-22T09:00:00.000Z" } satisfies StatusMessage,
  health: {
    at: "2026-11-22T09:00:00.000Z",
    uptimeS: 60,
    residentBytes: 100_000_000,
    loopLagMs: 2,
    diskFreeBytes: null,
    temperatureC: 41.5,
    outbox: { sales: 0, refunds: 0, reconciliations: 0, unaccounted: 0 },
  } satisfies HealthMessage,
  faults: {
    faults: [
      {
        code: "overrun",
        severity: "warning",
        position: "1",
        since: "2026-11-22T09:00:00.000Z",
        owner: "dispenser",
        detail: "",
        advice: "",
      },
    ],
  } satisfies FaultsMessage,
  sales: { seq: 1, ...PAID } satisfies SaleMessage,
} as const;

if (needs("python3", PYTHON)) describe("telegraf.conf", telegraf);

function telegraf(): void {
  const program = "import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))";
  const toml = execFileSync(PYTHON, ["-c", program], { input: read("telegraf.conf"), encoding: "utf8" });
  const { inputs } = JSON.parse(toml) as { inputs: { mqtt_consumer: Consumer[]; prometheus: { urls: string[] }[] } };
  const nameOf = (topic: string): string => topic.split("/").slice(2).join("/");

  it("reads status, health, faults and sales of every kiosk, and scrapes its own", () => {
    const topics = inputs.mqtt_consumer.flatMap((consumer) => consumer.topics);
    expect(topics).toEqual(["kioskd/+/status", "kioskd/+/health", "kioskd/+/faults", "kioskd/+/sales"]);
    expect(inputs.prometheus.map(({ urls }) => urls)).toEqual([["http://127.0.0.1:8080/metrics"]]);
  });

  it.each(inputs.mqtt_consumer)("takes $topics as the kiosk publishes it", ({ topics, qos, topic_parsing }) => {
    for (const topic of topics) {
      const published = Object.values(TOPICS).find(({ address }) => address === nameOf(topic));
      expect(published).toMatchObject({ direction: "from-kiosk", qos });
      expect(topic_parsing).toEqual([{ topic, tags: "_/kiosk/_" }]);
    }
  });

  it.each(inputs.mqtt_consumer)("asks $topics for what is in its message", ({ topics, json_v2 }) => {
    const sample: object = SAMPLES[nameOf(topics[0] ?? "") as keyof typeof SAMPLES];
    for (const { timestamp_path, field = [], tag = [], object = [] } of json_v2) {
      const needed = [...field.filter(({ optional }) => optional !== true), ...tag, ...object].map(({ path }) => path);
      for (const path of timestamp_path === undefined ? needed : [...needed, timestamp_path]) {
        if (path !== "@this") expect(sample, path).toHaveProperty(path.replace(".#", ""));
      }
      for (const { path, included_keys = [] } of object) {
        if (path === "faults") expect(SAMPLES.faults.faults[0]).toMatchObject(named(included_keys));
      }
    }
  });
}

function named(keys: readonly string[]): object {
  return Object.fromEntries(keys.map((key) => [key, expect.anything()]));
}
