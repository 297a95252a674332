import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { needs } from "../../support/components.ts";
import { hasMosquitto, mosquitto } from "../../support/mosquitto.ts";
import { VIEWS } from "../../support/views.ts";
import { HEALTH, type Heard, Host, SOON, snapshot, startKiosk } from "./rig.ts";

const PROTOC = "/usr/bin/protoc";
const HERE = fileURLToPath(new URL(".", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../../docs/sparkplug.md", import.meta.url));

type Row = readonly [name: string, datatype: number, field: string, value: string];

/** Chapter 6: the number of each type, and the field of its value. */
const STRING = [12, "string_value"] as const;
const DOUBLE = [10, "double_value"] as const;
const BOOLEAN = [11, "boolean_value"] as const;
const INT32 = [3, "int_value"] as const;
const INT64 = [4, "long_value"] as const;
const UINT64 = [8, "long_value"] as const;
const NULL = ["is_null", "true"] as const;

const row = (name: string, [datatype, field]: readonly [number, string], value: string): Row => [
  name,
  datatype,
  field,
  value,
];
const unknown = (name: string, [datatype]: readonly [number, string]): Row => [name, datatype, ...NULL];

const MESSAGES: readonly [string, number | null, readonly Row[]][] = [
  [
    "NBIRTH",
    0,
    [
      row("bdSeq", UINT64, "0"),
      row("Node Control/Rebirth", BOOLEAN, "false"),
      row("Properties/Name", STRING, '"Harbour 7"'),
      row("Properties/Version", STRING, '"1.2.3"'),
      row("Faults/Raised", INT32, "0"),
      row("Faults/Blocking", INT32, "0"),
      unknown("Health/Uptime Seconds", INT64),
      unknown("Health/Resident Bytes", INT64),
      unknown("Health/Loop Lag Milliseconds", DOUBLE),
      unknown("Health/Disk Free Bytes", INT64),
      unknown("Health/Temperature Celsius", DOUBLE),
      unknown("Health/Outbox Sales", INT64),
      unknown("Health/Outbox Refunds", INT64),
      unknown("Health/Outbox Reconciliations", INT64),
      unknown("Health/Outbox Unaccounted", INT64),
    ],
  ],
  [
    "DBIRTH",
    1,
    [
      row("State", STRING, '"idle"'),
      row("Message", STRING, '"choose"'),
      row("Available", BOOLEAN, "true"),
      row("Product", STRING, '"Diesel"'),
      row("Unit", STRING, '"L"'),
      row("Currency", STRING, '"SEK"'),
      row("Unit Price", DOUBLE, "19.89"),
      row("Quantity", DOUBLE, "0"),
      row("Amount", DOUBLE, "0"),
      unknown("Reserved", DOUBLE),
      unknown("Charged", DOUBLE),
      row("Faults", STRING, '""'),
    ],
  ],
  [
    "NDATA",
    3,
    [
      row("Health/Uptime Seconds", INT64, "60"),
      row("Health/Resident Bytes", INT64, "80000000"),
      row("Health/Loop Lag Milliseconds", DOUBLE, "1.5"),
      row("Health/Disk Free Bytes", INT64, "12000000000"),
      row("Health/Outbox Sales", INT64, "1"),
      row("Health/Outbox Refunds", INT64, "0"),
      row("Health/Outbox Reconciliations", INT64, "0"),
      row("Health/Outbox Unaccounted", INT64, "0"),
    ],
  ],
  [
    "DDATA",
    4,
    [
      row("State", STRING, '"closed"'),
      row("Message", STRING, '"paid"'),
      row("Quantity", DOUBLE, "12.345"),
      row("Amount", DOUBLE, "245.54"),
      row("Reserved", DOUBLE, "300"),
      row("Charged", DOUBLE, "245.54"),
    ],
  ],
  ["NDEATH", null, [row("bdSeq", UINT64, "0")]],
];

describe.skipIf(!hasMosquitto())("the wire as others read it", () => {
  let heard: readonly Heard[];

  beforeAll(async () => {
    const [, documented = ""] = readFileSync(DOCUMENT, "utf8").split("```\n");
    const broker = await mosquitto(`${documented}topic read spBv1.0/fuel/#\n`);
    await broker.start();
    const host = new Host(broker.url);
    await host.ready();
    const kiosk = startKiosk(broker.url);
    kiosk.telemetry.publish(snapshot());
    await kiosk.connected();
    kiosk.telemetry.report(HEALTH);
    kiosk.telemetry.publish(snapshot(VIEWS.thanks()));
    await kiosk.telemetry.close();
    await vi.waitFor(() => expect(host.of("NDEATH")).toHaveLength(1), SOON);
    heard = host.heard;
    await host.close();
    await broker.close();
  });

  const first = (verb: string): Heard | undefined => heard.find((message) => message.verb === verb);

  test.skipIf(!needs("protobuf-compiler", PROTOC)).each(MESSAGES)("protoc reads a %s", (verb, seq, rows) => {
    const text = execFileSync(PROTOC, ["--decode=Payload", `--proto_path=${HERE}`, "payload.proto"], {
      input: first(verb)?.payload,
      encoding: "utf8",
    });
    expect(text.replaceAll(/timestamp: 1[0-9]{12}$/gm, "timestamp: NOW")).toBe(textOf(seq, rows));
  });

  test("the access list of the document lets a whole life through", () => {
    expect(heard.map(({ verb }) => verb)).toEqual(["NBIRTH", "DBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH"]);
  });

  const DOCUMENTED: readonly [string, string][] = [
    ["NBIRTH", "### Of the kiosk"],
    ["DBIRTH", "### Of a position"],
  ];

  test.each(DOCUMENTED)("the document has every metric of a %s, and its type", (verb, heading) => {
    const [, section = ""] = readFileSync(DOCUMENT, "utf8").split(`${heading}\n`);
    const [table = ""] = section.split("\n#");
    const documented = [...table.matchAll(/^\| `([^`]+)` +\| (\w+) +\|/gm)].map(([, name, type]) => [name, type]);
    expect(documented).toEqual(Object.entries(first(verb)?.types ?? {}));
  });
});

function textOf(seq: number | null, rows: readonly Row[]): string {
  const metrics = rows.map(
    ([name, datatype, field, value]) =>
      `metrics {\n  name: "${name}"\n  timestamp: NOW\n  datatype: ${datatype}\n  ${field}: ${value}\n}\n`,
  );
  return `timestamp: NOW\n${metrics.join("")}${seq === null ? "" : `seq: ${seq}\n`}`;
}
