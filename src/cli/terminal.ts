import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import type { Loaded } from "../config/load.ts";
import type { PositionConfig } from "../config/schema.ts";
import { readRegisteredTerminal, terminalFile } from "../config/secrets.ts";
import { replay } from "../core/sale/recover.ts";
import { IDLE, isOpen } from "../core/sale/state.ts";
import { lastSaleOf, namesOf } from "../engine/belongings.ts";
import { createSeqrTerminals, type SeqrTerminals } from "../payments/seqr/terminals.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printJson, told } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { openJournal } from "../platform/journal/sqlite/journal.ts";
import type { JournalPlace } from "../platform/journal/sqlite/open.ts";
import type { Outcome } from "../ports/outcome.ts";
import { loadConfig } from "../wiring/load.ts";
import { seqrSettings } from "../wiring/seqr-settings.ts";
import { removeRegisteredTerminal, writeRegisteredTerminal } from "./terminal-file.ts";

interface PositionOptions {
  readonly config: string;
  readonly position: string;
}

const PASSWORD_LENGTH = 24;
const PASSWORD_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

export async function register(options: PositionOptions & { name?: string }): Promise<void> {
  const { loaded, position } = find(options);
  const { config } = loaded;
  const journalPath = config.journal.path;
  if (position.terminal !== undefined) {
    throw new CliError(
      `Position ${position.id} has terminal ${position.terminal.id} in ${loaded.file}: remove it there to register another one.`,
    );
  }
  const known = readRegisteredTerminal(journalPath, position);
  if (known !== null && known.terminalId !== null) {
    await assignConfigured(loaded, position, { terminalId: known.terminalId, password: known.password });
    print(told`Position ${position.id} has terminal ${known.terminalId} already.`);
    return;
  }
  const terminal = known ?? {
    terminalId: null,
    password: newPassword(),
    externalTerminalId: `${config.kiosk.id}/${position.id}`,
    name: options.name ?? config.kiosk.name,
  };
  writeRegisteredTerminal(journalPath, position.id, terminal);
  const { terminalId } = await withService(loaded, (service) => service.register(terminal), "register the terminal");
  writeRegisteredTerminal(journalPath, position.id, { ...terminal, terminalId });
  await assignConfigured(loaded, position, { terminalId, password: terminal.password });
  print(
    told`Position ${position.id} has terminal ${terminalId} now; its password is in ${terminalFile(journalPath, position.id)}.`,
  );
}

/** Tying a code to the terminal that has it already changes nothing. */
async function assignConfigured(
  loaded: Loaded,
  { seqrId }: PositionConfig,
  terminal: { terminalId: string; password: string },
): Promise<void> {
  if (seqrId === undefined) return;
  await withService(loaded, (service) => service.assign({ ...terminal, seqrId }), `assign the code ${seqrId}`);
}

export async function assign(options: PositionOptions & { seqrId: string }): Promise<void> {
  const { loaded, position } = find(options);
  if (!/^[A-Za-z0-9]{1,40}$/.test(options.seqrId)) {
    throw new UsageError(`--seqr-id: expected letters and digits only, not "${options.seqrId}"`);
  }
  const { id: terminalId, password } = terminalOf(loaded, position);
  const { seqrId } = options;
  await withService(loaded, (service) => service.assign({ terminalId, password, seqrId }), "assign the code");
  print(told`Terminal ${terminalId} of position ${position.id} answers to HTTP://SEQR.SE/Q${seqrId} now.`);
}

export async function unregister(options: PositionOptions): Promise<void> {
  const { loaded, position } = find(options);
  const { id: terminalId, password } = terminalOf(loaded, position);
  await refuseWhileOpen(loaded.config.journal, position);
  await withService(loaded, (service) => service.unregister({ terminalId, password }), "unregister the terminal");
  for (const name of namesOf(position)) removeRegisteredTerminal(loaded.config.journal.path, name);
  print(told`Terminal ${terminalId} of position ${position.id} is unregistered.`);
}

export function show(options: { config: string; json?: boolean }): void {
  const { config } = loadConfig(options.config, "read");
  const terminals = config.positions.map((position) => {
    const { id, terminal } = position;
    const registered = readRegisteredTerminal(config.journal.path, position);
    const source = terminal !== undefined ? "configuration" : registered !== null ? "registered" : null;
    return { position: id, terminal: terminal?.id ?? registered?.terminalId ?? null, source };
  });
  if (options.json === true) {
    printJson(terminals);
    return;
  }
  const rows = terminals.map(({ position, terminal, source }) => [position, terminal ?? "none", source ?? "-"]);
  print(table(["POSITION", "TERMINAL", "FROM"], rows));
}

function find(options: PositionOptions): { loaded: Loaded; position: PositionConfig } {
  const loaded = loadConfig(options.config, "register");
  const position = loaded.config.positions.find(({ id }) => id === options.position);
  if (position !== undefined) return { loaded, position };
  const ids = loaded.config.positions.map(({ id }) => id).join(", ");
  throw new UsageError(`--position: expected one of ${ids}, not "${options.position}"`);
}

function terminalOf(loaded: Loaded, position: PositionConfig): { id: string; password: string } {
  const terminal = loaded.secrets.terminals.get(position.id);
  if (terminal !== undefined) return terminal;
  throw new CliError(
    `Position ${position.id} has no terminal yet: kioskd terminal register --config ${loaded.file} --position ${position.id}`,
  );
}

async function withService<T>(
  loaded: Loaded,
  work: (service: SeqrTerminals) => Promise<Outcome<T>>,
  what: string,
): Promise<T> {
  const { endpoint, requestTimeoutMs, clientId, authority, reseller } = seqrSettings(loaded);
  if (reseller === null) {
    throw new CliError(
      "payment.seqr.reseller is missing in the configuration: id, userId and passwordFile are needed for this.",
    );
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
async function refuseWhileOpen(place: JournalPlace, position: PositionConfig): Promise<void> {
  if (!existsSync(place.path)) return;
  const journal = openJournal(place);
  try {
    const state = replay(IDLE, await lastSaleOf(journal, position));
    if (isOpen(state)) {
      throw new CliError(
        `Position ${position.id} has an open sale (${state.sale.id}): start the kiosk to finish it first.`,
      );
    }
  } finally {
    await journal.close();
  }
}

function newPassword(): string {
  return Array.from({ length: PASSWORD_LENGTH }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join("");
}
