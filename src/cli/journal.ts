import { readFileSync, writeFileSync } from "node:fs";
import { isoTime } from "../core/time.ts";
import { agree } from "../platform/console/ask.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import {
  lines,
  print,
  printContent,
  printError,
  printJson,
  type Told,
  told,
  wrapped,
} from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { type Accepting, openForAccepting } from "../platform/journal/sqlite/accept/accept.ts";
import { type Finding, type Found, placeText } from "../platform/journal/sqlite/accept/found.ts";
import { type Progress, type Verified, verifyJournal } from "../platform/journal/sqlite/check/verify.ts";
import { checkExtract, extractSale } from "../platform/journal/sqlite/extract/extract.ts";
import { loadConfig } from "../wiring/load.ts";
import { noteOf, whoIsThere } from "./acknowledgement.ts";

const WHO_MAX = 100;
/** So many lines of a kind are printed; `--json` has all that are kept. */
const SHOWN = 40;
/** Columns of a table in 80 of a terminal. */
const WHERE_WIDTH = 22;
const TEXT_WIDTH = 26;

interface AcceptOptions {
  readonly config: string;
  readonly note?: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Goes on, on purpose, with a journal that the start has refused. */
export async function accept(options: AcceptOptions): Promise<void> {
  const who = { by: nameOf(options.by), note: noteOf(options.note) };
  const { config } = loadConfig(options.config, "read");
  const accepting = openForAccepting(config.journal, Date.now(), countingRows());
  try {
    const { found } = accepting;
    if (options.json !== true) print(foundText(config.journal.path, found));
    if (!found.isNothing) await agree("Go on with the journal as it is?", options.yes === true);
    if (!found.isNothing) accepting.accept(who);
    if (options.json === true) printJson({ ...plain(found), ...(found.isNothing ? {} : who) });
    else if (!found.isNothing) print(acceptedText(who.by, accepting));
  } finally {
    accepting.close();
  }
}

function nameOf(by: string | undefined): string {
  const name = by?.trim() ?? whoIsThere();
  if (name === "" || name.length > WHO_MAX) throw new UsageError(`--by: expected 1 to ${WHO_MAX} characters`);
  return name;
}

function plain(found: Found): object {
  const { findings, gaps, handedOver, waiting, more } = found;
  return { accepted: !found.isNothing, findings, more, gaps, handedOver, waiting };
}

function foundText(path: string, found: Found): Told {
  if (found.isNothing) return told`Nothing is wrong with the journal ${path}: there is nothing to accept.`;
  const { findings, more, handedOver, waiting } = found;
  const shown = findings.slice(0, SHOWN).map(rowOf);
  const left = findings.length - shown.length + more;
  const sales = handedOver.map(({ saleId, position, phase }) => [saleId, position, phase]);
  return lines([
    told`The journal ${path}:\n`,
    table(["WHERE", "WHAT IS WRONG", "WHAT MAY BE LOST"], shown),
    ...(left > 0 ? [told`and ${left} more`] : []),
    ...(sales.length > 0 ? [told`\nThese sales go to a person:\n`, table(["SALE", "POSITION", "WAS"], sales)] : []),
    ...(waiting === null ? [] : [told`\nThis waits for a person then:\n`, wrapped(waiting)]),
    told``,
  ]);
}

function rowOf({ at, what, lost }: Finding): string[][] {
  const cell = (text: string, width: number): string[] => wrapped(text, "", width).split("\n");
  return [cell(at === null ? "" : placeText(at), WHERE_WIDTH), cell(what, TEXT_WIDTH), cell(lost, TEXT_WIDTH)];
}

function acceptedText(by: string, { found }: Accepting): Told {
  const sales =
    found.handedOver.length === 0 ? "" : " What the payment service shows of the sales above is still taken up.";
  const waits = found.handedOver.length > 0 || found.waiting !== null;
  const list = waits ? " What is above waits for a person: kioskd faults list." : "";
  return wrapped(
    `Accepted by ${by}. kioskd can be started.${list}${sales} Compare the last sales, refunds and blocks with the payment service's list and with your own.`,
  );
}

/** Looks at all of the journal; fails with the places where it breaks. */
export async function verify(options: { config: string; json?: boolean }): Promise<void> {
  const { config } = loadConfig(options.config, "read");
  const verified = await withProgress(verifyJournal(config.journal));
  const { broken } = verified;
  if (options.json === true) printJson({ whole: broken.length === 0, ...verified });
  else print(verifiedText(config.journal.path, verified));
  if (broken.length === 0) return;
  throw new CliError(options.json === true ? `${broken.length} places are broken.` : broken.join("\n"));
}

function verifiedText(path: string, { counts, broken, acceptances, journal }: Verified): Told {
  const rows = Object.entries(counts).map(([what, count]) => [what, String(count)]);
  const accepted = acceptances.map(({ atMs, by, note, found }) =>
    wrapped(`Accepted ${isoTime(atMs)} by ${by}: ${note} (${found.length} findings)`),
  );
  const verdict = broken.length === 0 ? "is whole" : "is broken";
  const judged = told`The journal ${path} (${journal}) ${verdict}.`;
  return lines([table(["CHECKED", "COUNT"], rows), told``, ...accepted, judged]);
}

const PROGRESS_MS = 1_000;

/** Counts, and tells on standard error how far it is when it takes long. */
function countingRows(): () => void {
  let rows = 0;
  let toldMs = performance.now();
  return () => {
    rows++;
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    printError(`${rows} rows looked at`);
  };
}

/** Drives it, and tells on standard error how far it is when it takes long. */
async function withProgress<T>(work: Generator<Progress, T>): Promise<T> {
  let toldMs = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - toldMs < PROGRESS_MS) continue;
    toldMs = performance.now();
    printError(`${value.rows} of ${value.ofRows} rows`);
  }
}

interface ExtractOptions {
  readonly config?: string;
  readonly output?: string;
  readonly check?: string;
}

export function extract(saleId: string | undefined, options: ExtractOptions): void {
  if (options.check !== undefined) {
    if (saleId !== undefined) throw new UsageError("--check: takes a file, and no sale");
    check(options.check, options.config);
    return;
  }
  if (saleId === undefined) throw new UsageError("expected a sale's id, or --check FILE");
  if (options.config === undefined) throw new UsageError("--config is missing: expected a YAML file");
  const { config } = loadConfig(options.config, "read");
  const about = { kiosk: config.kiosk.id, madeAtMs: Date.now() };
  const made = extractSale(config.journal.path, saleId, about);
  if (made === null) throw new CliError(`There is no closed sale "${saleId}": see "kioskd sales list".`);
  if (options.output === undefined) printContent(made.text);
  else {
    writeFileSync(options.output, made.text, { flag: "wx", mode: 0o600 });
    print(told`${options.output} is written. The public key that it is signed for:`);
    print(lines(made.publicKey.split("\n").map((line) => told`${line}`)));
  }
}

function check(file: string, config: string | undefined): void {
  const path = config === undefined ? null : loadConfig(config, "read").config.journal.path;
  const wrong = checkExtract(readFileSync(file, "utf8"), path);
  if (wrong.length > 0) throw new CliError(`${file} is not right:\n${wrong.map((line) => `  ${line}`).join("\n")}`);
  const held = path === null ? "" : ", and what the journal holds";
  print(told`${file} is right in itself${held}.`);
}
