import { randomInt } from "node:crypto";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import { print, printJson, told } from "../../../platform/console/print.ts";
import { table } from "../../../platform/console/table.ts";
import type { Outcome } from "../../../ports/outcome.ts";
import { NO_RESELLER, terminalOf as terminalAt } from "../accounts.ts";
import type { SeqrKit } from "../config.ts";
import {
  readRegisteredTerminal,
  removeRegisteredTerminal,
  terminalFile,
  writeRegisteredTerminal,
} from "../registered.ts";
import { seqrSettings } from "../settings.ts";
import { createSeqrTerminals, type SeqrTerminals } from "../terminals.ts";

export interface PositionOptions {
  readonly config: string;
  readonly position: string;
}

export interface RegisterOptions extends PositionOptions {
  readonly name?: string;
}

export interface AssignOptions extends PositionOptions {
  readonly seqrId: string;
}

export interface ShowOptions {
  readonly config: string;
  readonly json?: boolean;
}

type Site = ReturnType<SeqrKit["load"]>;
type Position = Site["positions"][number];

const PASSWORD_LENGTH = 24;
const PASSWORD_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

export async function register(options: RegisterOptions, kit: SeqrKit): Promise<void> {
  const { site, position } = find(options, kit);
  const journalPath = site.journal.path;
  const { terminal: configured } = position.own;
  if (configured !== undefined) {
    throw new CliError(
      `Position ${position.id} has terminal ${configured.id} in ${site.file}: remove it there to register another one.`,
    );
  }
  const known = readRegisteredTerminal(journalPath, position, site.files);
  if (known !== null && known.terminalId !== null) {
    await assignConfigured(site, position, { terminalId: known.terminalId, password: known.password });
    print(told`Position ${position.id} has terminal ${known.terminalId} already.`);
    return;
  }
  const terminal = known ?? {
    terminalId: null,
    password: newPassword(),
    externalTerminalId: `${site.kiosk.id}/${position.id}`,
    name: options.name ?? site.kiosk.name,
  };
  writeRegisteredTerminal(journalPath, position.id, terminal);
  const { terminalId } = await withService(site, (service) => service.register(terminal), "register the terminal");
  writeRegisteredTerminal(journalPath, position.id, { ...terminal, terminalId });
  await assignConfigured(site, position, { terminalId, password: terminal.password });
  print(
    told`Position ${position.id} has terminal ${terminalId} now; its password is in ${terminalFile(journalPath, position.id)}.`,
  );
}

/** Tying a code to the terminal that has it already changes nothing. */
async function assignConfigured(
  site: Site,
  { own: { seqrId } }: Position,
  terminal: { terminalId: string; password: string },
): Promise<void> {
  if (seqrId === undefined) return;
  await withService(site, (service) => service.assign({ ...terminal, seqrId }), `assign the code ${seqrId}`);
}

export async function assign(options: AssignOptions, kit: SeqrKit): Promise<void> {
  const { site, position } = find(options, kit);
  if (!/^[A-Za-z0-9]{1,40}$/.test(options.seqrId)) {
    throw new UsageError(`--seqr-id: expected letters and digits only, not "${options.seqrId}"`);
  }
  const { id: terminalId, password } = terminalOf(site, position);
  const { seqrId } = options;
  await withService(site, (service) => service.assign({ terminalId, password, seqrId }), "assign the code");
  print(told`Terminal ${terminalId} of position ${position.id} answers to HTTP://SEQR.SE/Q${seqrId} now.`);
}

export async function unregister(options: PositionOptions, kit: SeqrKit): Promise<void> {
  const { site, position } = find(options, kit);
  const { id: terminalId, password } = terminalOf(site, position);
  await refuseWhileOpen(site, position);
  await withService(site, (service) => service.unregister({ terminalId, password }), "unregister the terminal");
  for (const name of [position.id, ...position.formerly]) removeRegisteredTerminal(site.journal.path, name);
  print(told`Terminal ${terminalId} of position ${position.id} is unregistered.`);
}

export async function show(options: ShowOptions, kit: SeqrKit): Promise<void> {
  const { journal, positions, files } = kit.load(options.config, "read");
  const terminals = positions.map((position) => {
    const { terminal } = position.own;
    const registered = readRegisteredTerminal(journal.path, position, files);
    const source = terminal !== undefined ? "configuration" : registered !== null ? "registered" : null;
    return { position: position.id, terminal: terminal?.id ?? registered?.terminalId ?? null, source };
  });
  if (options.json === true) {
    printJson(terminals);
    return;
  }
  const rows = terminals.map(({ position, terminal, source }) => [position, terminal ?? "none", source ?? "-"]);
  print(table(["POSITION", "TERMINAL", "FROM"], rows));
}

function find(options: PositionOptions, kit: SeqrKit): { site: Site; position: Position } {
  const site = kit.load(options.config, "register");
  const position = site.positions.find(({ id }) => id === options.position);
  if (position !== undefined) return { site, position };
  const ids = site.positions.map(({ id }) => id).join(", ");
  throw new UsageError(`--position: expected one of ${ids}, not "${options.position}"`);
}

function terminalOf(site: Site, position: Position): { id: string; password: string } {
  const terminal = terminalAt(site, position);
  if (terminal !== null) return terminal;
  throw new CliError(
    `Position ${position.id} has no terminal yet: kioskd terminal register --config ${site.file} --position ${position.id}`,
  );
}

async function withService<T>(
  site: Site,
  work: (service: SeqrTerminals) => Promise<Outcome<T>>,
  what: string,
): Promise<T> {
  const { endpoint, requestTimeoutMs, clientId, authority, reseller } = seqrSettings(site);
  if (reseller === null) {
    throw new CliError(NO_RESELLER);
  }
  const service = await createSeqrTerminals({
    ...{ endpoint, requestTimeoutMs, clientId, reseller },
    authority: authority ?? null,
  });
  try {
    const outcome = await work(service);
    if (outcome.kind === "done") return outcome.value;
    const certainty = outcome.kind === "declined" ? "refused to" : "gave no clear answer when asked to";
    throw new CliError(told`The payment service ${certainty} ${what}: ${outcome.detail}. It is safe to try again.`);
  } finally {
    service.close();
  }
}

/** The journal's lock tells a running daemon; its last sale, a stopped one that still owes something. */
async function refuseWhileOpen(site: Site, position: Position): Promise<void> {
  const sale = await site.openSale(position);
  if (sale === null) return;
  throw new CliError(`Position ${position.id} has an open sale (${sale}): start the kiosk to finish it first.`);
}

function newPassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join("");
}
