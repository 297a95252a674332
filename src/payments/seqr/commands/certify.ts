import { randomBytes, randomInt } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { isOwnName } from "../../../core/loopback.ts";
import { isoTime } from "../../../core/time.ts";
import { systemClock } from "../../../platform/clock/clock.ts";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import { lines, print, printError, printJson, printPicture, told } from "../../../platform/console/print.ts";
import type { CertifyOptions } from "../../../ports/certify-command.ts";
import { NO_RESELLER, resellerOf } from "../accounts.ts";
import type { ResellerCredentials } from "../calls.ts";
import type { SeqrKit, SeqrSite } from "../config.ts";
import { seqrSettings } from "../settings.ts";
import { Bench } from "./certification/bench.ts";
import { billsFor } from "./certification/bills.ts";
import { maskerOf } from "./certification/mask-secrets.ts";
import { type Certification, markdown, stepTable } from "./certification/report.ts";
import { runSteps, type StepResult } from "./certification/step.ts";
import { certificationSteps } from "./certification/steps.ts";

export interface SeqrCertifyOptions extends CertifyOptions {
  readonly seqrId?: string;
}

type Site = ReturnType<SeqrKit["load"]>;

const PASSWORD_BYTES = 12;
const RANDOM_ID_DIGITS = 12;
const PAUSE_MS = 30_000;
const SHORT_PAUSE_MS = 1_000;

/** Walks the payment service's certification with a terminal of its own, and leaves a report of every message. */
export async function certify(options: SeqrCertifyOptions, kit: SeqrKit): Promise<void> {
  const site = kit.load(options.config, "register");
  const auto = options.auto === true;
  const seqrId = seqrIdOf(options);
  const reseller = resellerOf(site);
  if (reseller === null) throw new CliError(NO_RESELLER);
  if (auto && !isLoopback(site)) {
    throw new UsageError("--auto: only the simulator has a phone that scans, and its endpoint is on loopback");
  }
  const startedAtMs = Date.now();
  const path = options.report ?? `certification-${stamp(startedAtMs)}.md`;
  // Opened before anything is asked of anybody, because a report that cannot be written is noticed too late.
  const file = openSync(path, "w");
  const password = randomBytes(PASSWORD_BYTES).toString("hex");
  const mask = maskerOf([...site.secrets.all, password]);
  const say = (text: string): void => {
    if (options.json === true) printError(mask(text));
    else print(told`${mask(text)}`);
  };
  const draw = (picture: string): void =>
    printPicture(picture, options.json === true ? process.stderr : process.stdout);
  const steps = await walk(site, { kit, auto, seqrId, reseller, password, say, draw });
  const { kiosk, section } = site;
  const { origin, pathname } = new URL(section.endpoint);
  const certification: Certification = mask({
    date: isoTime(startedAtMs),
    endpoint: origin + pathname,
    kiosk: `${kiosk.id} (${kiosk.name})`,
    clientId: section.clientId,
    notes: notesOn(site, auto),
    steps,
  });
  writeFileSync(file, markdown(certification));
  closeSync(file);
  conclude(certification, path, options.json === true);
}

interface Walk {
  readonly kit: SeqrKit;
  readonly auto: boolean;
  readonly seqrId: string;
  readonly reseller: ResellerCredentials;
  readonly password: string;
  readonly say: (text: string) => void;
  readonly draw: (picture: string) => void;
}

/** Being told to end ends the waiting, not the terminal's removal. */
async function walk(site: Site, { kit, password, seqrId, ...rest }: Walk): Promise<readonly StepResult[]> {
  const { kiosk } = site;
  const ending = new AbortController();
  const listensNoMore = kit.onToldToEnd(
    () => ending.abort(),
    () => process.exit(1),
  );
  const settings = { service: seqrSettings(site), signal: ending.signal, ...rest };
  const bench = await Bench.create(settings, systemClock(), site.log());
  try {
    const terminal = { externalTerminalId: `${kiosk.id}/certification`, password, name: kiosk.name };
    const pauseMs = rest.auto ? SHORT_PAUSE_MS : PAUSE_MS;
    const bills = billsFor(site, Date.now);
    return await runSteps(certificationSteps({ bench, bills, terminal, seqrId, pauseMs }), bench);
  } finally {
    bench.close();
    listensNoMore();
  }
}

function conclude({ steps, date, endpoint }: Certification, report: string, json: boolean): void {
  const failed = steps.find(({ result }) => result !== "passed");
  if (json) {
    const rows = steps.map(({ exchanges: _inTheReport, ...row }) => row);
    printJson({ result: failed === undefined ? "passed" : "failed", date, endpoint, report, steps: rows });
  } else {
    print(lines([told``, stepTable(steps), told`\nThe report is in ${report}.`]));
  }
  if (failed === undefined) return;
  const { number, name, expected, seen } = failed;
  throw new CliError(told`Certification failed at step ${number}, ${name}: expected ${expected}; seen: ${seen}.`);
}

function notesOn({ section }: SeqrSite, auto: boolean): readonly string[] {
  const { clientReference, clientId } = section;
  const notes: string[] = [];
  if (auto) {
    notes.push(
      `played against a loopback endpoint: the simulator's phone scanned, and test 4 waited ${SHORT_PAUSE_MS / 1000} s instead of ${PAUSE_MS / 1000} s`,
    );
  }
  if (clientReference === "") {
    notes.push("payment.seqr.clientReference is not set; the service wants name and version of the software there");
  }
  if (clientId === "kioskd") notes.push("payment.seqr.clientId is not set; the service wants the company's name there");
  notes.push("unregisterTerminal is called as the terminal, because the call has no field that could name it");
  return notes;
}

function seqrIdOf({ seqrId, auto }: SeqrCertifyOptions): string {
  if (seqrId === undefined && auto === true) {
    return Array.from({ length: RANDOM_ID_DIGITS }, () => randomInt(10)).join("");
  }
  if (seqrId === undefined) throw new UsageError("--seqr-id: give the id that the service has set aside for the tests");
  if (/^[A-Za-z0-9]{1,40}$/.test(seqrId)) return seqrId;
  throw new UsageError(`--seqr-id: expected letters and digits only, not "${seqrId}"`);
}

function isLoopback({ section }: SeqrSite): boolean {
  return isOwnName(new URL(section.endpoint).hostname);
}

function stamp(atMs: number): string {
  return isoTime(atMs)
    .slice(0, "YYYY-MM-DDTHH:MM".length)
    .replace("T", "-")
    .replace(/(\d{4})-(\d\d)-(\d\d)/, "$1$2$3")
    .replace(":", "");
}
