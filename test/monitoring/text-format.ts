/** One line with a value. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"/;
const LINE = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${LABEL.source}(?:,${LABEL.source})*)\\})? (\\S+)$`);

/** Reads the Prometheus text format 0.0.4, strictly: throws at the first line that does not follow it. */
export function parseText(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: readonly string[] = [];
  let family: Family | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, meta, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (line === "") continue;
    if (meta === "HELP") help = [name, rest];
    else if (meta === "TYPE") {
      if (help[0] !== name || families.has(name)) throw new Error(`out of place: ${line}`);
      family = { name, type: rest, help: help[1] ?? "", samples: [] };
      families.set(name, family);
    } else {
      const sample = sampleOf(line);
      if (family === null || !belongs(sample.name, family)) throw new Error(`of no family: ${line}`);
      const series = line.slice(0, line.lastIndexOf(" "));
      if (seen.has(series)) throw new Error(`twice: ${series}`);
      seen.add(series);
      family.samples.push(sample);
    }
  }
  return families;
}

function sampleOf(line: string): Sample {
  const match = LINE.exec(line);
  const number = match?.at(-1) ?? "";
  if (match === null || !/^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf|NaN)$/.test(number))
    throw new Error(`no sample: ${line}`);
  const labels = [...(match[2] ?? "").matchAll(new RegExp(LABEL, "g"))].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  return { name: match[1] ?? "", labels: Object.fromEntries(labels), value: Number(number.replace("Inf", "Infinity")) };
}

function belongs(name: string, family: Family): boolean {
  if (family.type !== "histogram") return name === family.name;
  return ["_bucket", "_sum", "_count"].some((part) => name === family.name + part);
}
