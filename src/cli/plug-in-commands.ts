import type { Command } from "commander";
import type { CommandGroup, Command as PlugInCommand } from "../ports/command.ts";

/** Adds what a plug-in brings, as if it stood here. What it is given is loaded when it runs. */
export function addCommand<Kit>(program: Command, added: PlugInCommand<Kit>, kit: () => Promise<Kit>): void {
  const { name, what, argument, options, run } = added;
  const command = program.command(name).description(what);
  if (argument !== undefined) command.argument(argument.form, argument.what);
  for (const { form, what: meaning, isRequired, usual } of options) {
    if (isRequired === true) command.requiredOption(form, meaning, usual);
    else command.option(form, meaning, usual);
  }
  command.action(async () => await run(await kit(), command.opts(), command.args[0] ?? ""));
}

export function addGroup<Kit>(program: Command, { name, what, commands }: CommandGroup<Kit>, kit: () => Promise<Kit>) {
  const group = program.command(name).description(what);
  for (const command of commands) addCommand(group, command, kit);
}
