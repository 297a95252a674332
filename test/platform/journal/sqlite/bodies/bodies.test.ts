import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import {
  readEvent,
  readNote,
  readPending,
  readRecord,
} from "../../../../../src/platform/journal/sqlite/bodies/bodies.ts";
import { openHistory } from "../../../../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import type { Notes } from "../../../../../src/ports/journal.ts";
import { goldenJournals, JOURNAL } from "../../../../replay/golden.ts";
import { simulate } from "../../../../simulation/simulate.ts";
import { HAPPY, PAID, T0_MS } from "../../../../support/sale-fixtures.ts";
import { tempFolder } from "../../../../support/temp.ts";

type Stream = "events" | "records" | keyof Notes;

interface Body {
  readonly stream: Stream;
  readonly text: string;
}

const SEEDS = 66;
const STREAMS: Readonly<Record<keyof Notes, true>> = {
  ...{ refunds: true, reconciliations: true, unaccounted: true, matters: true, orders: true },
  ...{ receiptRefusals: true, booksSoFar: true, clock: true, acts: true, acceptances: true, remainders: true },
};
const NOTE_STREAMS = Object.keys(STREAMS) as (keyof Notes)[];

function read({ stream, text }: Body): unknown {
  if (stream === "events") return readEvent(text);
  return stream === "records" ? readRecord(text) : readNote(stream, text);
}

function goldenBodies(golden: string): Body[] {
  const path = join(tempFolder(), JOURNAL);
  copyFileSync(join(import.meta.dirname, "../../../../replay", golden, JOURNAL), path);
  const db = new Database(path);
  const rows = (sql: string) => db.prepare<[], Body>(sql).all();
  const hasNotes = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'note'").get() !== undefined;
  const bodies = [
    ...rows("SELECT 'events' AS stream, body AS text FROM event"),
    ...rows("SELECT 'records' AS stream, body AS text FROM sale"),
    ...(hasNotes ? rows("SELECT stream, body AS text FROM note") : []),
  ];
  db.close();
  return bodies;
}

async function simulatedBodies(seed: number): Promise<Body[]> {
  const { disk } = await simulate(seed);
  const notes = NOTE_STREAMS.flatMap((stream) =>
    disk.notesAfter(stream, 0, 10_000).map(({ body }) => ({ stream, text: JSON.stringify(body) })),
  );
  return [
    ...disk.rows.map(({ body: text }) => ({ stream: "events", text }) as const),
    ...disk.sales.map((text) => ({ stream: "records", text }) as const),
    ...notes,
  ];
}

/** What neither the golden journals nor the simulation hold. */
const RARE: readonly Body[] = [
  ["events", { type: "delivered", saleId: "s1", atMs: T0_MS, totaliserBase: null }],
  [
    "events",
    {
      ...{ type: "captured", saleId: "s1", atMs: T0_MS, capturedMinor: 1 },
      receipt: { paymentReference: "ers-1", paidAt: "2026-11-22T10:00:00", details: { terminalId: "t" } },
    },
  ],
  ["receiptRefusals", { saleId: "s1", atMs: T0_MS, detail: "" }],
  ["acts", { atMs: T0_MS, by: "anna", act: "stopped", position: "1", detail: "" }],
  ["orders", { type: "blocked", position: null, atMs: T0_MS, by: "anna", reason: "closed" }],
  [
    "refunds",
    {
      ...{ type: "asked", refundId: "r1", saleId: "s1", atMs: T0_MS, by: "anna", reason: "spilled" },
      ...{ position: "1", paymentReference: "ers-1", amountMinor: 1, currency: "SEK" },
    },
  ],
  ["refunds", { type: "refused", refundId: "r1", saleId: "s1", atMs: T0_MS, detail: "settled by hand" }],
  [
    "refunds",
    {
      ...{ type: "made", refundId: "r1", saleId: "s1", atMs: T0_MS, reference: null, byHand: true },
      ...{ position: "1", paymentReference: "ers-1", amountMinor: 1, currency: "SEK" },
    },
  ],
  [
    "reconciliations",
    {
      ...{ type: "compared", position: "1", atMs: T0_MS, periodId: "p1", matched: 0, gap: true },
      ...{ throughSale: 1, throughRefund: 0 },
      missingThere: [{ paymentReference: "ers-1", saleId: "s1", oursMinor: -5, theirsMinor: null }],
      missingHere: [{ paymentReference: "ers-2", saleId: null, oursMinor: null, theirsMinor: 5 }],
      differing: [{ paymentReference: "ers-3", saleId: "s3", oursMinor: 5, theirsMinor: 6 }],
      carried: [{ paymentReference: "ers-4", amountMinor: -5, saleId: "s4", atMs: 0 }],
    },
  ],
  [
    "reconciliations",
    { type: "settled", position: "1", atMs: T0_MS, paymentReference: null, by: "an operator", note: "" },
  ],
  [
    "clock",
    {
      ...{ atMs: T0_MS, overruledMs: T0_MS + 5, serviceAheadMs: -7, by: "operator" },
      ...{ who: "root", reason: "the battery was empty" },
    },
  ],
  ["clock", { atMs: T0_MS, overruledMs: null, serviceAheadMs: null, by: "time server", who: "", reason: "" }],
  [
    "acceptances",
    {
      ...{ atMs: T0_MS, by: "anna", note: "an older card", found: [] },
      gaps: [{ stream: "event", from: 3, to: 4 }],
      accepted: [],
    },
  ],
].map(([stream, body]) => ({ stream: stream as Stream, text: JSON.stringify(body) }));

describe("a body that was written", () => {
  it.each(goldenJournals())("in the golden journal %s is read as it is", (golden) => {
    const bodies = goldenBodies(golden);
    expect(bodies.length).toBeGreaterThan(200);
    for (const body of bodies) expect(read(body)).toStrictEqual(JSON.parse(body.text));
  });

  it("in a simulated life is read as it is", async () => {
    let sales = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      for (const body of await simulatedBodies(seed)) {
        expect(read(body), `seed ${seed}: ${body.text}`).toStrictEqual(JSON.parse(body.text));
        if (body.stream === "records") sales++;
      }
    }
    expect(sales).toBeGreaterThan(300);
  });

  it("is read as it is also where that is rare", () => {
    for (const body of RARE) expect(read(body)).toStrictEqual(JSON.parse(body.text));
  });

  it("is read by those who wait for it", () => {
    const [unaccounted] = bodiesOf("unaccounted");
    expect(readPending("matters-of-sales", JSON.stringify(PAID))).toEqual(PAID);
    expect(readPending("matters-of-unaccounted", unaccounted ?? "")).toEqual(JSON.parse(unaccounted ?? ""));
    expect(() => readPending("refunds", JSON.stringify(PAID))).toThrow(/^its field "type" is wrong, expected 'asked'/);
  });
});

function bodiesOf(stream: Stream): string[] {
  const all = [...goldenJournals().flatMap(goldenBodies), ...RARE];
  return all.filter((body) => body.stream === stream).map(({ text }) => text);
}

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
type Path = readonly (string | number)[];

/** All that holds something, by where it stands. */
function placesIn(value: Value, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Object.entries(value).flatMap(([key, each]) =>
    placesIn(each, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? inner : [at, ...inner];
}

function valueAt(value: Value, path: Path): Value {
  return path.reduce<Value>((inner, key) => (inner as { [key: string]: Value })[key] as Value, value);
}

/** The same body with something else there; without what was there, for undefined. */
function damaged(text: string, path: Path, other: Value | undefined): string {
  const body = JSON.parse(text) as Value;
  const holder = valueAt(body, path.slice(0, -1)) as { [key: string | number]: Value };
  const key = path.at(-1) ?? "";
  if (other === undefined) delete holder[key];
  else holder[key] = other;
  return JSON.stringify(body);
}

/** As messages name it. */
function nameOf(path: Path): string {
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : `${at > 0 ? "." : ""}${key}`)).join("");
}

/** Where the core takes other values: by stream, type and field. */
const NULLABLE = placed(
  ...["holdUntilMs", "delivered totaliserBase", "capturedMinor", "paidAt", "made reference", "begun due"],
  ...["records  (reason|reference|invoiceReference|receipt|reservedAt|deliveredAt)", "settled paymentReference"],
  ...[
    "compared (missing|differing).*(saleId|oursMinor|theirsMinor)",
    "unaccounted  quantity",
    "arose (saleId|position)",
  ],
  ...[
    "acts .*position",
    "orders .* position",
    "overruledMs",
    "serviceAheadMs",
    "states[.]\\d+[.](lastDue|running|last)",
  ],
);
const OPTIONAL = placed(
  ...["terms[.]rules", "waived"],
  ...["customer", "byHand", "amends", "details[.].*", "terminal", "meter", "(heirs|states)[.]\\d+"],
  ...["provider", "stillHeld", "captured stillHeldMinor", "offer-made endsAtMs", "service"],
  ...["orders .*by", "asked (by|reason)"],
);
const SIGNED = placed("oursMinor", "theirsMinor", "carried.amountMinor", "serviceAheadMs");
/** What holds any text. */
const WORDS = placed(
  ...["productName", "product", "sku", "qrText", "reference", "invoiceReference", "paymentReference", "paidAt"],
  ...["terminal", "meter", "provider"],
  ...["details[.].*", "detail", "begun due", "periodId", "(acknowledged|settled) (by|note)", "who"],
  ...["(records|orders|clock) .*reason", "(records|refunds) .* currency", "(records|unaccounted)  unit"],
  "(orders|acts|asked) .*(by|reason)",
  "asked (by|reason)",
  "acceptances  (by|note|gaps[.]stream)",
  "states[.]\\d+[.]lastDue",
);
/** What has a field for each name that there is. */
const BY_NAME = /^(details|heirs|states)$/;
/** What holds any text but control characters. */
const NAMES = placed("saleId", "refundId", "matterId", "position", "service", "heirs[.]\\d+");
/** Lists of any text. */
const LISTS_OF_WORDS = placed("acceptances  found");

function placed(...places: readonly string[]): RegExp {
  return new RegExp(`[ .](${places.join("|")})$|^(${places.join("|")})$`);
}

function placeOf({ stream, text }: Body, path: Path): string {
  const { type = "" } = JSON.parse(text) as { type?: string };
  return `${stream} ${type} ${path.filter((key) => typeof key === "string").join(".")}`;
}

interface Damage {
  /** What stands there instead; undefined leaves the field out. */
  readonly other: Value | undefined;
  /** The core takes it there. */
  readonly isHarmless: boolean;
}

function damagesOf(body: Body, path: Path): readonly Damage[] {
  const value = valueAt(JSON.parse(body.text) as Value, path);
  const place = placeOf(body, path);
  const isInList = typeof path.at(-1) === "number";
  const isWords = isInList ? LISTS_OF_WORDS.test(place) : WORDS.test(place);
  const isName = !isInList && NAMES.test(place);
  const damages: Damage[] = [
    { other: { other: 1 }, isHarmless: false },
    { other: [true], isHarmless: false },
    { other: null, isHarmless: NULLABLE.test(place) && !isInList },
  ];
  if (!isInList) damages.push({ other: undefined, isHarmless: OPTIONAL.test(place) });
  if (typeof value !== "boolean") damages.push({ other: true, isHarmless: false });
  if (typeof value !== "number") damages.push({ other: 7, isHarmless: value === null && isNumber(place) });
  if (typeof value === "string") damages.push({ other: "a\u0000b", isHarmless: isWords });
  damages.push({ other: "nonsense", isHarmless: isWords || isName });
  if (typeof value === "number") {
    damages.push({ other: -7, isHarmless: SIGNED.test(place) });
    for (const other of [0.5, 1e300, 2 ** 53, String(value)]) damages.push({ other, isHarmless: false });
  }
  return damages;
}

/** Whether a place that holds null may hold a number. */
function isNumber(place: string): boolean {
  return /(Ms|Minor|Base)$/.test(place);
}

/** The first body of each type that holds the same fields, of the same kinds. */
function oneOfEachShape(): readonly Body[] {
  const byShape = new Map<string, Body>();
  for (const body of [...goldenJournals().flatMap(goldenBodies), ...RARE]) {
    const whole = JSON.parse(body.text) as Value;
    const places = placesIn(whole).map((path) => `${placeOf(body, path)} ${typeof valueAt(whole, path)}`);
    const shape = [...new Set(places)].join();
    if (!byShape.has(shape)) byShape.set(shape, body);
  }
  return [...byShape.values()];
}

/** Null when it is read: then as it is. */
function refusalOf(body: Body): string | null {
  try {
    return isDeepStrictEqual(read(body), JSON.parse(body.text)) ? null : "it is read as something else";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a damaged body", () => {
  it("in any one place is refused with that place's name, or read as the core would take it", () => {
    const wrong: string[] = [];
    let refused = 0;
    for (const body of oneOfEachShape()) {
      for (const path of placesIn(JSON.parse(body.text) as Value)) {
        for (const { other, isHarmless } of damagesOf(body, path)) {
          const text = damaged(body.text, path, other);
          const refusal = refusalOf({ ...body, text });
          if (refusal !== null) refused++;
          const fits = isHarmless ? refusal === null : refusal?.includes(`"${nameOf(path)}`);
          if (fits !== true) wrong.push(`${placeOf(body, path)}: ${JSON.stringify(other)}: ${refusal ?? "it is read"}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(2_000);
  });

  it("with one field more is refused with its name, wherever that is", () => {
    for (const body of oneOfEachShape()) {
      const whole = JSON.parse(body.text) as Value;
      const holders = [[], ...placesIn(whole)].filter((path) => {
        const value = valueAt(whole, path);
        return (
          typeof value === "object" && value !== null && !Array.isArray(value) && !BY_NAME.test(String(path.at(-1)))
        );
      });
      for (const holder of holders) {
        const text = damaged(body.text, [...holder, "later"], 1);
        const expected = `it has the field "${nameOf([...holder, "later"])}", which is not known`;
        expect(() => read({ ...body, text }), text).toThrow(expected);
      }
    }
  });

  it.each<[string, string, string]>([
    ["is cut", '{"type":"extended","sal', "it is not JSON"],
    ["is null", "null", "expected object, received null"],
    ["is a list", "[]", "expected object, received array"],
    ["has no type", "{}", "its field \"type\" is wrong, expected 'selected' | "],
    ["has a text for a time", at({ atMs: "soon" }), 'its field "atMs" is wrong, expected milliseconds since 1970'],
    ["has a time after all times", at({ atMs: 1e15 }), "not after 9999-12-31T23:59:59.999Z"],
    [
      "has half a totaliser",
      at({ totaliserBase: 0.5 }),
      '"totaliserBase" is wrong, expected a whole number, not below 0',
    ],
    ["has a secret as a number", at({ totaliserBase: "hunter2" }), '"totaliserBase" is wrong, expected a whole number'],
    ["has a long field", at({ ["x".repeat(500)]: 1 }), `it has the field "${"x".repeat(80)}", which is not known`],
  ])("that %s is refused in one sentence", (_what, text, sentence) => {
    const refusal = refusalOf({ stream: "events", text });
    expect(refusal).toContain(sentence);
    expect(refusal).not.toMatch(/hunter2|\n/);
  });
});

function at(other: object): string {
  return JSON.stringify({ type: "metered", saleId: "s1", atMs: T0_MS, totaliserBase: 1, ...other });
}

describe("a journal with an entry that cannot be read", () => {
  it("says which it is and why, to the daemon and to who looks back", async () => {
    const path = join(tempFolder(), JOURNAL);
    const journal = openJournal({ path });
    for (const event of HAPPY) await journal.append("1", event, event === HAPPY.at(-1) ? PAID : null);
    await journal.note("orders", "1", () => ({ type: "unblocked", position: "1", atMs: T0_MS }));
    const db = new Database(path);
    db.exec(`UPDATE event SET body = json_set(body, '$.totaliserBase', -1) WHERE seq = 4;
      UPDATE sale SET body = json_remove(body, '$.tax');
      UPDATE note SET body = json_set(body, '$.until', 1)`);
    db.close();
    const because = (seq: number, why: string): string =>
      `The journal ${path} holds an entry that cannot be read (number ${seq}): ${why}.`;
    const ofEvent = because(4, 'its field "totaliserBase" is wrong, expected a whole number, not below 0');
    const ofRecord = because(1, 'its field "tax" is wrong, expected a decimal such as "19.89"');
    const ofNote = because(1, 'it has the field "until", which is not known');
    await expect(journal.lastSale("1")).rejects.toThrow(ofEvent);
    await expect(journal.salesAfter(0, 9)).rejects.toThrow(ofRecord);
    await expect(journal.pending("receipts", 9)).rejects.toThrow(ofRecord);
    await expect(journal.notes("orders", "1")).rejects.toThrow(ofNote);
    await expect(journal.notesAfter("orders", 0, 9)).rejects.toThrow(ofNote);
    const history = openHistory(path);
    expect(() => history.latest(9, null)).toThrow(ofRecord);
    history.close();
    await journal.close();
  });
});
