import { Command, CommanderError } from "commander";
import { listed } from "../config/problem.ts";
import { PERSON_CODES } from "../core/faults.ts";
import { OF_DEMO } from "../payments/registry.ts";
import { failureText, UsageError } from "../platform/console/failure.ts";
import { printError } from "../platform/console/print.ts";
import { supportedUntil, version } from "../platform/version.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";
import type { StartDaemon } from "../wiring/served.ts";
import type { Benches, Kind } from "./benches.ts";
import { addCommand, addGroup, addShared } from "./plug-in-commands.ts";

/** Each brings commands of its own. */
const payments = PLUG_INS.payments.map((plugIn) => ({
  owner: plugIn.name,
  commands: plugIn.commands,
  kit: async () => (await import("./payment-kit.ts")).kitFor(plugIn),
}));

const FAILURE = 1;
const BAD_USAGE = 2;

/** Runs one command line and tells its exit code: 0 success, 1 failure, 2 bad usage. */
export async function runCli(argv: readonly string[], startDaemon: StartDaemon): Promise<number> {
  const program = buildProgram(startDaemon, await benchesFor(argv));
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
    printError(failureText(error));
    return error instanceof UsageError ? BAD_USAGE : FAILURE;
  }
}

/** Only where they are asked for: every other command is there sooner without them. */
async function benchesFor(argv: readonly string[]): Promise<Benches> {
  if (!["demo", "simulate"].some((name) => argv.includes(name))) return { simulators: [], kinds: [] };
  return await (await import("./benches.ts")).openBenches();
}

function buildProgram(startDaemon: StartDaemon, benches: Benches): Command {
  const program = new Command("kioskd")
    .description("A daemon for unattended pumps, chargers and vending machines")
    .version(`${version}\nmended until ${supportedUntil}`)
    .configureOutput({ writeErr: (text) => printError(text.trimEnd()) })
    .showHelpAfterError("(add --help for what can be given)")
    .exitOverride();
  addServing(program, startDaemon, benches);
  for (const { commands, kit } of payments) for (const group of commands.settingUp) addGroup(program, group, kit);
  for (const { commands } of PLUG_INS.devices) for (const group of commands) addGroup(program, group, async () => null);
  addSales(program);
  addLooking(program);
  addBooks(program);
  addClock(program);
  addOperator(program);
  addBackup(program);
  addJournal(program);
  addPackaged(program);
  return program;
}

function configOption(command: Command): Command {
  return command.requiredOption("-c, --config <file>", "the configuration, a YAML file");
}

function addServing(program: Command, startDaemon: StartDaemon, { simulators, kinds }: Benches): void {
  configOption(program.command("run"))
    .description("serve customers until told to end")
    .action(async (options) => (await import("./run.ts")).run(options, startDaemon));
  configOption(program.command("browser"))
    .description("keep the kiosk's page open in a browser, and replace one that falls silent, until told to end")
    .option("--browser <path>", "Chromium; the chromium or chromium-browser on PATH unless given")
    .option("--compositor <name>", "cage or none; cage unless a desktop runs (WAYLAND_DISPLAY or DISPLAY is set)")
    .action(async (options) => (await import("./browser.ts")).browser(options));
  configOption(program.command("outputs-off"))
    .description("close every valve, contactor and device, whatever became of the daemon")
    .action(async (options) => (await import("./outputs-off.ts")).outputsOff(options));
  program
    .command("demo")
    .description("the whole product on simulated devices, without hardware, account or configuration")
    .option("--auto", "play one customer from scan to receipt, then exit")
    .option("--kind <kind>", kindsText(kinds), kinds[0]?.kind)
    .option("--pay <service>", paymentsText(), OF_DEMO)
    .option("-l, --listen <host>", "HOST or HOST:PORT for a browser on another machine; loopback unless given")
    .action(async (options) => (await import("./demo.ts")).demo(options, kinds, startDaemon));
  program
    .command("setup")
    .description("make a configuration by questions, checked as they are answered; replaces no file")
    .option("-o, --output <file>", "where it goes; secrets in the folder beside it", "/etc/kioskd/kioskd.yaml")
    .option("--answers <file>", "take the answers from a file, YAML or JSON: each question's key with its answer")
    .action(async (options) => (await import("./setup.ts")).setup(options));
  program
    .command("check-config")
    .description(
      "check a configuration, the secrets it names, and whether this machine has what it needs; touches nothing",
    )
    .option("-c, --config <file>", "the configuration, a YAML file")
    .option("--json", "print what it means as JSON")
    .option("--no-machine", "leave out what only this machine could have wrong: for a configuration of another one")
    .option("--schema", "print the JSON schema of configurations instead")
    .action(async (options) => (await import("./check-config.ts")).checkConfig(options));
  const simulate = program.command("simulate").description("start a simulated device or service");
  for (const { commands, kit } of payments) addCommand(simulate, commands.simulate, kit);
  for (const simulator of simulators) {
    const command = simulate.command(simulator.name).description(simulator.what);
    if ("line" in simulator) command.requiredOption("--port <path>", "a serial port or pseudo-terminal");
    else command.option("--url <url>", "where the daemon listens, with name and password where asked", simulator.usual);
    command
      .option("-l, --listen <host:port>", "where its bench page listens", "127.0.0.1:8082")
      .action(async (options) => (await import("./simulate-device.ts")).simulateDevice(simulator, options));
  }
}

function paymentsText(): string {
  const names = PLUG_INS.payments.map(({ name }) => name);
  return `the payment service that is simulated: ${listed(names, "or")}`;
}

function kindsText(kinds: readonly Kind[]): string {
  const wired = kinds.filter(({ simulator }) => simulator !== null && "line" in simulator);
  const names = (some: readonly Kind[], last: string): string =>
    listed(
      some.map(({ kind }) => kind),
      last,
    );
  return `${names(kinds, "or")}; ${names(wired, "and")} need socat`;
}

function addSales(program: Command): void {
  const sales = program.command("sales").description("closed sales, from the journal; safe beside a running daemon");
  configOption(sales.command("list"))
    .description("the latest sales, newest first")
    .option("--limit <n>", "how many at the most", "20")
    .option("--outcome <outcome>", "only paid, released or needs-attention")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./sales.ts")).list(options));
  configOption(sales.command("show"))
    .description("one sale with its receipt and its life")
    .argument("<sale>", "the sale's id")
    .option("--json", "as JSON")
    .action(async (sale, options) => (await import("./sales.ts")).show(sale, options));
  configOption(sales.command("export"))
    .description("sales and refunds of some days as a table for the books; days are the kiosk's own")
    .requiredOption("--from <day>", "the first day, such as 2026-11-01")
    .requiredOption("--to <day>", "the last day")
    .option("--format <format>", "csv or json", "csv")
    .option("-o, --output <file>", "a file of its owner's; printed unless given")
    .action(async (options) => (await import("./export.ts")).exportSales(options));
}

function addOperator(program: Command): void {
  const operator = program.command("operator").description("who may use the operator's page");
  configOption(operator.command("code"))
    .description("show a one-time code, by which a person sets a password on the page")
    .option("--user <name>", "whose password", "owner")
    .option("--role <role>", "viewer, operator or owner", "owner")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./operator.ts")).code(options));
  configOption(operator.command("users"))
    .description("who has a password")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./operator.ts")).users(options));
  configOption(operator.command("remove"))
    .description("take a user away; whoever is signed in under that name is out at once")
    .argument("<user>", "the user's name")
    .action(async (user, options) => (await import("./operator.ts")).remove(user, options));
}

function addClock(program: Command): void {
  const clock = program.command("clock").description("what the kiosk takes as the time");
  configOption(clock.command("accept"))
    .description("take the machine's clock as right, whatever the journal has seen and the payment service says")
    .option("--reason <text>", "why; goes into the journal")
    .option("--yes", "do not ask")
    .action(async (options) => (await import("./clock.ts")).accept(options));
}

function addPackaged(program: Command): void {
  program
    .command("update")
    .description("install the newest version of the repository; the daemon is exchanged when no sale is open")
    .action(async () => (await import("./packaged.ts")).onlyPackaged("update"));
  program
    .command("rollback")
    .description("go back to the version that was installed before, unless that one cannot read the journal")
    .action(async () => (await import("./packaged.ts")).onlyPackaged("rollback"));
}

function addBackup(program: Command): void {
  configOption(program.command("backup"))
    .description("copy journal, registers and configuration into one file, beside a running daemon")
    .argument("<file>", "a tar; on another disk, better")
    .option("--with-secrets", "passwords and keys too, encrypted by a passphrase")
    .option("--passphrase-file <file>", "the passphrase, in a file with mode 0600; asked for unless given")
    .option("--force", "replace the file when it is there already")
    .option("--json", "as JSON")
    .action(async (file, options) => (await import("./backup.ts")).backup(file, options));
  program
    .command("restore")
    .description("put a backup in place, all or nothing; what was there before is kept")
    .argument("<file>", "what `kioskd backup` has made")
    .option("-c, --config <file>", "this machine's configuration", "/etc/kioskd/kioskd.yaml")
    .option("--journal-only", "leave registers, certificates and secrets as they are")
    .option("--passphrase-file <file>", "the passphrase of the secrets, in a file with mode 0600")
    .option("-y, --yes [kiosk]", "do not ask; with a kiosk's id, put a backup of that one here")
    .action(async (file, options) => (await import("./restore.ts")).restore(file, options));
}

function addJournal(program: Command): void {
  const journal = program.command("journal").description("the durable record of all sales");
  configOption(journal.command("accept"))
    .description("go on, on purpose, with a journal that the start refused; says what is wrong, and asks")
    .requiredOption("--note <text>", "why; kept in the journal")
    .option("--by <name>", "who; the user at the keyboard unless given")
    .option("-y, --yes", "do not ask")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./journal.ts")).accept(options));
  configOption(journal.command("verify"))
    .description("look at all of it, and replay every sale; safe beside a running daemon")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./journal.ts")).verify(options));
  journal
    .command("extract")
    .description("all that the journal holds of a closed sale, signed, for a dispute; or check such a file")
    .argument("[sale]", "the sale's id")
    .option("-c, --config <file>", "the configuration, a YAML file; with --check it may be left out")
    .option("--output <file>", "where it goes; standard output unless given")
    .option("--check <file>", "say whether an extract is right in itself, and is what the journal holds")
    .action(async (sale, options) => (await import("./journal.ts")).extract(sale, options));
}

function addLooking(program: Command): void {
  configOption(program.command("status"))
    .description("how each position stands, from the journal; safe beside a running daemon")
    .option("--json", "as JSON")
    .option("--idle", "only say whether a sale is open: exit 0 when none is, else 1")
    .action(async (options) => (await import("./status.ts")).status(options));
  configOption(program.command("doctor"))
    .description("walk through everything that a sale needs, and say what to do; nothing is changed or sold")
    .option("--diagnostics <file>", "also write all that a helper wants to see into a new file, without secrets")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./doctor.ts")).doctor(options));
  configOption(program.command("alerts").description("messages to a person").command("test"))
    .description("send a message every way that the configuration names")
    .action(async (options) => (await import("./alerts.ts")).test(options));
  const faults = program.command("faults").description("what waits for a person, until it is acknowledged");
  configOption(faults.command("list"))
    .description("everything that waits, oldest first")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./faults.ts")).list(options));
  configOption(faults.command("acknowledge"))
    .description("say that you have looked at it; a new one raises the fault again")
    .argument("<code>", `the fault's code: ${PERSON_CODES.join(", ")}`)
    .requiredOption("--note <text>", "what was found; kept in the journal")
    .option("-p, --position <id>", "only there")
    .option("-s, --sale <id>", 'the sale that you looked at, or "all"')
    .option("--json", "as JSON")
    .action(async (code, options) => (await import("./faults.ts")).acknowledge(code, options));
}

function addBooks(program: Command): void {
  configOption(program.command("refund"))
    .description("give money back out of a paid sale: all that is left, after a question, or an amount")
    .argument("<sale>", "the sale's id")
    .option("--amount <amount>", 'how much, such as "10.00"; nothing is asked then')
    .option("-y, --yes", "give back all that is left without a question")
    .option("--settle <made|not-made>", "what became of a refund without a clear answer")
    .option("--json", "as JSON")
    .action(async (sale, options) => (await import("./refund.ts")).refund(sale, options));
  configOption(program.command("reconcile"))
    .description("hold the payment service's books against the journal")
    .option("--show", "only show the last result, and the differences of all nights")
    .option("--settle <reference>", 'a difference was looked into: its payment, or "all"')
    .option("--note <text>", "what was found, beside --settle; kept in the journal")
    .option("-p, --position <id>", "settle only there")
    .option("--json", "as JSON")
    .action(async (options) => (await import("./reconcile.ts")).reconcile(options));
  const brought = payments.flatMap(({ commands, owner, kit }) =>
    commands.books.map((command) => ({ command, owner, kit })),
  );
  addShared(program, brought, async (options) => {
    const { loadConfig } = await import("../wiring/load.ts");
    return loadConfig((options as { readonly config: string }).config, "read").config.payment.provider;
  });
}
